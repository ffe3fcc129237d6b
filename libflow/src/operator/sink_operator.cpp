#include <flow/operator/sink_operator.hpp>

namespace flow {

void sink_operator_base::open() {
  auto connected = outside();
  if (two_phase() && log_bytes_ > 0) {
    log_ = &state().declare<operator_log>(operator_log::state_name);
    log_->start(connected.subtask, connected.attempt, log_bytes_);
    connected.log = log_;
    connected.logged = log_;
  }
  if (two_phase()) committer_->open(connected);
  open_writer(connected);
}

std::vector<bytes> sink_operator_base::prepare(checkpoint_id checkpoint) {
  if (log_) log_->drop_committed();
  auto prepared = prepare_writer(checkpoint);
  if (log_) log_->prepared(prepared.size());
  return prepared;
}

void sink_operator_base::commit(std::span<bytes const> committables) {
  if (committables.empty()) return;
  guarded([&] { committer_->commit(committables); });
  if (!log_) return;
  log_->committed(committables.size());
  context().wake();
}

void sink_operator_base::expect_barrier() {
  if (!log_) return;
  log_->expect_barrier();
  context().wake();
}

}  // namespace flow
