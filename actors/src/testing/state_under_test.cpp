#include <flow/testing/state_under_test.hpp>

#include <cstdlib>
#include <string_view>

#include <flow/state/rocksdb_backend.hpp>

namespace flow::testing {
namespace {

bool wants_rocksdb() {
  char const* const said = std::getenv("FLOW_STATE_BACKEND");
  return said && said == name_of(state_backend_form::rocksdb);
}

}  // namespace

std::unique_ptr<state_backend> backend_under_test() { return wants_rocksdb() ? rocksdb_backend({"", 0, true}) : nullptr; }
settings under_test(settings s) { return wants_rocksdb() ? s.state_backend(state_backend_form::rocksdb).state_memory(0) : s; }

}  // namespace flow::testing
