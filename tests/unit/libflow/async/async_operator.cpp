#include <catch2/catch.hpp>

#include "rig.hpp"

namespace {
using namespace rig;
using flow::reply;
using number = std::int64_t;
using numbers = std::vector<number>;
using number_server = server<number, number>;

/// An operator that asks a server by hand; the square of a number is the right answer.
struct squares {
  template <class... Options>
  explicit squares(Options... options) : made(&job, options...), op(*made.stream) {}
  template <class... Options>
  squares(std::uint32_t batch_size, Options... options) : made(&job, options...), op(*made.stream, batch_size) {}

  squares& answer(std::size_t i) {
    number const n = s->open.at(i).asked;
    CHECK(s->take(i).answer(n * n));
    op.step();
    return *this;
  }

  struct making {
    template <class... Options>
    explicit making(squares* self, Options... options) {
      auto const f = [s = self->s](number n, reply<number> r) { s->ask(n, std::move(r)); };
      stream.emplace(some<number>(self->job).async("squares", f, options...));
    }
    template <class... Options>
    making(flow::job*, Options...);
    std::optional<flow::async_stream<number, number>> stream;
  };
  std::shared_ptr<number_server> s = std::make_shared<number_server>();
  flow::job job{"j"};
  making made;
  alone<number, number> op;
};
}  // namespace
