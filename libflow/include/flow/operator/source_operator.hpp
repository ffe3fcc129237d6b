#pragma once
// The operator at the head of a source task: polls a reader, gives event time, follows the watermarks of its splits.
//
// What it remembers is declared: the splits with their positions and what their watermark generators remember.

#include <flow/operator/operator.hpp>
#include <flow/source.hpp>
#include <flow/watermark.hpp>

namespace flow {

/// A split as it is stored: where it stands, or that it has ended.
struct stored_split {
  split value;
  bool ended = false;
  std::string watermarks;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(value), CEREAL_NVP(ended), CEREAL_NVP(watermarks));
  }
};

/// What a step of a source came to.
struct source_step {
  enum class outcome { progress, nothing, blocked, ended } result = outcome::nothing;
  std::optional<std::chrono::nanoseconds> retry_after{};
};

/// The part that knows no record type.
class source_operator_base : public operator_base {
 public:
  source_operator_base(std::string name, std::unique_ptr<time_assigner> assigner)
      : operator_base(std::move(name), 1), assigner_(std::move(assigner)) {}

  void open() override;
  void assign(split const& s);
  /// The splits known so far have been assigned, perhaps none to this subtask. When they are `complete`, the source ends
  /// with the last one; until this is said it holds the watermark.
  void splits_known(bool complete) {
    known_ = true;
    complete_ = complete;
  }
  /// Polls once and passes on what came.
  source_step step(std::chrono::nanoseconds now);
  /// Something other than the input held the source up: the idle clocks stand still.
  void held_up() { last_poll_.reset(); }

  /// How far the slowest split that is not idle has come; `end_of_time` when there is none.
  timestamp progress() const;
  duration max_drift() const { return assigner_ ? assigner_->options().max_drift : duration{0}; }
  /// Splits beyond `until` wait.
  void grant(timestamp until);
  /// Nothing is read any more: lets go of the reader, and with it of files, connections and senders that wait.
  virtual void close() = 0;
  /// Brings the declared positions up to date; a barrier passes.
  void pass(barrier const& b) override;

  /// A split with its place in the input.
  struct active_split {
    split value;
    bool ended = false;
    bool idle = false;
    bool paused = false;
    std::chrono::nanoseconds quiet{0};
  };
  std::vector<active_split> const& splits() const { return splits_; }

 protected:
  virtual poll_result poll(batch_ref& into) = 0;
  virtual void open_reader(connector_context const& context) = 0;
  virtual void assign_reader(std::uint32_t number, split const& s) = 0;
  virtual std::string position(std::uint32_t number) const = 0;
  virtual void pause(std::uint32_t number, bool paused) = 0;
  virtual bool reading(std::uint32_t number) const = 0;
  virtual std::uint64_t bytes_read() const = 0;
  void process(batch_ref&) override {}
  bool continue_output() override { return true; }

 private:
  void run_idle_clocks(std::chrono::nanoseconds now, poll_result const& polled, bool got_records);
  std::optional<std::chrono::nanoseconds> next_look(std::optional<std::chrono::nanoseconds> asked) const;
  void follow_time();
  void check_drift(std::uint32_t number);
  timestamp lowest_watermark() const;

  std::unique_ptr<time_assigner> assigner_;
  std::vector<active_split> splits_;
  std::vector<stored_split>* declared_ = nullptr;
  batch_ref batch_;
  bool known_ = false;
  bool complete_ = false;
  bool idle_ = false;
  bool watermark_waits_ = false;
  timestamp sent_ = no_watermark;
  timestamp grant_ = no_watermark;  // none yet
  std::optional<std::chrono::nanoseconds> last_poll_;

 protected:
  batch_ref& current() { return batch_; }
};

template <class T>
class source_operator final : public source_operator_base {
 public:
  source_operator(std::string name, std::unique_ptr<flow::reader<T>> r, std::unique_ptr<time_assigner> assigner)
      : source_operator_base(std::move(name), std::move(assigner)), reader_(std::move(r)) {}
  void close() override { reader_.reset(); }

 protected:
  poll_result poll(batch_ref& into) override { return reader_->poll(renew<T>(into, context().batch_size)); }
  void open_reader(connector_context const& c) override { reader_->open(c); }
  void assign_reader(std::uint32_t number, split const& s) override { reader_->assign(number, s); }
  std::string position(std::uint32_t number) const override { return reader_->position(number); }
  void pause(std::uint32_t number, bool paused) override { reader_->pause(number, paused); }
  bool reading(std::uint32_t number) const override { return reader_->reading(number); }
  std::uint64_t bytes_read() const override { return reader_->bytes_read(); }

 private:
  std::unique_ptr<flow::reader<T>> reader_;
};

}  // namespace flow
