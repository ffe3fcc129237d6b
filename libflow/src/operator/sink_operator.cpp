#include <flow/operator/sink_operator.hpp>

namespace flow {

void sink_operator_base::open() {
  auto const context = outside();
  if (two_phase()) committer_->open(context);
  open_writer(context);
}

void sink_operator_base::commit(std::span<bytes const> committables) {
  if (!committables.empty()) guarded([&] { committer_->commit(committables); });
}

}  // namespace flow
