#pragma once
// The operator at the end of a stream: hands batches to a writer, and what that has prepared to a committer.

#include <flow/operator/operator.hpp>
#include <flow/operator/operator_log.hpp>
#include <flow/sink.hpp>

namespace flow {

/// The part that knows no record type: how a job ends for a sink, and how its results become visible.
class sink_operator_base : public operator_base {
 public:
  /// `c` is null for a sink that is not two-phase, `log_bytes` 0 for one that does not log.
  sink_operator_base(std::string name, std::unique_ptr<committer> c, schema committable_schema, std::uint64_t log_bytes)
      : operator_base(std::move(name), 0), committer_(std::move(c)), committable_schema_(std::move(committable_schema)), log_bytes_(log_bytes) {}

  void open() override;
  virtual void flush() = 0;
  /// Whether the writer has an answer to all it was given; throws when one was a failure.
  virtual bool settled() = 0;
  /// When all tasks have finished; does nothing where results become visible with checkpoints.
  virtual void publish() = 0;
  /// When the job is cancelled; the same as `abandon` where results become visible with checkpoints.
  virtual void cancel() = 0;
  /// When the job or the attempt ends otherwise: removes what is neither visible nor prepared.
  virtual void abandon() noexcept = 0;

  /// Whether results become visible with checkpoints: the sink has a committer, and the job has checkpoints. From `start` on.
  bool two_phase() const { return committer_ && context().checkpoints; }
  /// Of what `prepare` returns; without a type where the sink is not two-phase.
  schema const& committable_schema() const { return committable_schema_; }
  /// Of a two-phase sink, at a barrier, and once more after `end`: what was written since the last time, as committables. They belong
  /// to the caller, who keeps them until they have been committed.
  std::vector<bytes> prepare(checkpoint_id checkpoint);
  /// Makes visible what was prepared by this attempt: the oldest that is not yet. May be repeated after it has thrown.
  void commit(std::span<bytes const> committables);
  /// A checkpoint has begun somewhere: a sink that logs takes all that comes before the barrier, also beyond its bound.
  void expect_barrier();

  /// Sees each batch that has been written: for tests of whole jobs.
  std::function<void(batch_base&)> on_written;

 protected:
  virtual void open_writer(connector_context const& context) = 0;
  virtual std::vector<bytes> prepare_writer(checkpoint_id checkpoint) = 0;
  bool log_ready() const { return !log_ || log_->ready(); }

 private:
  std::unique_ptr<committer> committer_;
  schema committable_schema_;
  std::uint64_t log_bytes_;
  operator_log* log_ = nullptr;  // declared state
};

template <class T>
class sink_operator final : public sink_operator_base {
 public:
  sink_operator(std::string name, sink<T> const& made)
      : sink_operator_base(std::move(name), made.make_committer ? made.make_committer() : nullptr, made.committable_schema, made.log_bytes),
        writer_(made.make_writer()) {}

  bool ready() const override { return operator_base::ready() && log_ready() && guarded([this] { return writer_->ready(); }); }
  void end() override {
    guarded([this] { writer_->finish(); });
    counters().bytes.set(writer_->bytes_written());
  }
  void flush() override {
    if (std::exchange(written_, false)) guarded([this] { writer_->flush(); });
  }
  bool settled() override {
    bool done = false;
    guarded([&] { done = writer_->settled(); });
    return done;
  }
  void publish() override {
    if (!two_phase()) guarded([this] { writer_->publish(); });
  }
  void cancel() override {
    if (two_phase()) writer_->abandon();
    else guarded([this] { writer_->cancel(); });
  }
  void abandon() noexcept override { writer_->abandon(); }

 protected:
  void open_writer(connector_context const& context) override { writer_->open(context); }
  std::vector<bytes> prepare_writer(checkpoint_id checkpoint) override {
    auto prepared = guarded([&] { return writer_->prepare(checkpoint); });
    counters().bytes.set(writer_->bytes_written());
    return prepared;
  }
  void process(batch_ref& b) override {
    auto const& records = as<T>(*b);
    guarded([&] { writer_->write(records); });
    written_ = true;
    if (on_written) on_written(*b);
    counters().processed.add(records.size());
    counters().bytes.set(writer_->bytes_written());
  }

 private:
  std::unique_ptr<writer<T>> writer_;
  bool written_ = false;
};

}  // namespace flow
