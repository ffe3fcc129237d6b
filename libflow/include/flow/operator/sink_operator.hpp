#pragma once
// The operator at the end of a stream: hands batches to a writer.

#include <flow/operator/operator.hpp>
#include <flow/sink.hpp>

namespace flow {

/// The part that knows no record type: how a job ends for a sink.
class sink_operator_base : public operator_base {
 public:
  using operator_base::operator_base;
  virtual void flush() = 0;
  /// Whether the writer has an answer to all it was given; throws when one was a failure.
  virtual bool settled() = 0;
  virtual void publish() = 0;
  virtual void cancel() = 0;
  virtual void abandon() noexcept = 0;
  /// Sees each batch that has been written: for tests of whole jobs.
  std::function<void(batch_base&)> on_written;
};

template <class T>
class sink_operator final : public sink_operator_base {
 public:
  sink_operator(std::string name, std::unique_ptr<writer<T>> w) : sink_operator_base(std::move(name), 0), writer_(std::move(w)) {}

  void open() override {
    connector_context c;
    c.operator_name = name();
    c.subtask = context().subtask;
    c.parallelism = context().parallelism;
    c.wake = context().wake;
    c.clock = context().clock;
    writer_->open(c);
  }
  bool ready() const override { return operator_base::ready() && guarded([this] { return writer_->ready(); }); }
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
  void publish() override { guarded([this] { writer_->publish(); }); }
  void cancel() override { guarded([this] { writer_->cancel(); }); }
  void abandon() noexcept override { writer_->abandon(); }

 protected:
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
