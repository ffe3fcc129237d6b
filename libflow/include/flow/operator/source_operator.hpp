#pragma once
// The operator at the head of a source task: polls a reader, gives event time, follows the watermarks of its splits.
//
// What it remembers is declared: the splits that it is reading or is going to read, with their positions and what their
// watermark generators remember.

#include <flow/operator/output.hpp>
#include <flow/source.hpp>
#include <flow/watermark.hpp>

namespace flow {

/// A split as it is stored: where it stands, and what its watermark generator remembers.
struct stored_split {
  split value;
  std::string watermarks;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(value), CEREAL_NVP(watermarks));
  }
};

/// What a source is told about the splits that it has not been given.
struct split_terms {
  bool complete = true;        // it gets no more, and ends with the last that it has
  bool on_request = false;     // it gets the next when it asks
  bool held = false;           // some are waiting, and hold the watermark
  bool in_time_order = false;  // ones not yet read do not hold it

  bool operator==(split_terms const&) const = default;
};

/// What a step of a source came to.
struct source_step {
  enum class outcome { progress, nothing, blocked, ended } result = outcome::nothing;
  std::optional<std::chrono::nanoseconds> retry_after{};
};

/// The part that knows no record type.
class source_operator_base : public operator_base {
 public:
  source_operator_base(std::string name, std::unique_ptr<time_assigner> assigner, bad_record_policy policy)
      : operator_base(std::move(name), policy == bad_record_policy::divert ? 2 : 1), assigner_(std::move(assigner)) {}

  void open() override;
  void assign(split const& s);
  /// The first splits have been found and perhaps assigned, or the terms have changed. Until this is said first, the
  /// source holds the watermark.
  void splits_known(split_terms const& terms);
  /// Whether to ask for another split; true once for each.
  bool wants_split();
  /// Polls once and passes on what came.
  source_step step(std::chrono::nanoseconds now);
  /// Reads nothing more and ends, wherever its splits are; their positions stay declared.
  void stop() {
    if (!std::exchange(stopped_, true)) settle();
  }
  /// Something other than the input held the source up: the idle clocks stand still.
  void held_up() { last_poll_.reset(); }

  /// How far the slowest split that is not idle has come; `end_of_time` when there is none.
  timestamp progress() const;
  duration max_drift() const { return assigner_ ? assigner_->options().max_drift : duration{0}; }
  /// Splits beyond `until` wait.
  void grant(timestamp until);
  /// Nothing is read any more: lets go of the reader, and with it of files, connections and senders that wait.
  virtual void close() = 0;
  void settle_state() override {
    if (!stopped_) settle();
  }

  /// A split with its place in the input.
  struct active_split {
    split value;
    std::uint32_t number = 0;  // as the reader knows it
    bool ended = false;        // its place is free for another
    bool idle = false;
    bool paused = false;
    bool restored = false;     // it may have been begun before, and holds the watermark in any case
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
  virtual void release(std::uint32_t number) = 0;
  void process(batch_ref&) override {}
  bool continue_output() override { return true; }

 private:
  /// Of which splits, by place in `splits_`, not by number.
  void settle();
  void restore(stored_split const& s);
  std::size_t free_place();
  std::size_t place_of(std::uint32_t number) const;
  bool all_ended() const;
  void pass_on(std::size_t place, std::uint32_t bad);
  void run_idle_clocks(std::chrono::nanoseconds now, std::size_t polled, bool got_something);
  std::optional<std::chrono::nanoseconds> next_look(std::optional<std::chrono::nanoseconds> asked) const;
  void follow_time();
  void check_drift(std::size_t place);
  timestamp lowest_watermark() const;

  std::unique_ptr<time_assigner> assigner_;
  std::vector<active_split> splits_;
  std::uint32_t next_number_ = 0;
  std::vector<stored_split>* declared_ = nullptr;  // as of the last barrier
  batch_ref batch_;
  output<bad_record> bad_;     // port 1
  std::uint32_t diverted_ = 0; // by the poll under way
  bool known_ = false;
  bool stopped_ = false;
  split_terms terms_;
  enum class request { none, asked, waiting } request_ = request::none;  // waiting: nothing was there
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
  source_operator(std::string name, std::unique_ptr<flow::reader<T>> r, std::unique_ptr<time_assigner> assigner,
                  bad_record_policy policy = bad_record_policy::fail)
      : source_operator_base(std::move(name), std::move(assigner), policy), reader_(std::move(r)) {}
  void close() override { reader_.reset(); }

 protected:
  poll_result poll(batch_ref& into) override { return reader_->poll(renew<T>(into, context().batch_size)); }
  void open_reader(connector_context const& c) override { reader_->open(c); }
  void assign_reader(std::uint32_t number, split const& s) override { reader_->assign(number, s); }
  std::string position(std::uint32_t number) const override { return reader_->position(number); }
  void pause(std::uint32_t number, bool paused) override { reader_->pause(number, paused); }
  bool reading(std::uint32_t number) const override { return reader_->reading(number); }
  std::uint64_t bytes_read() const override { return reader_->bytes_read(); }
  void release(std::uint32_t number) override { reader_->release(number); }

 private:
  std::unique_ptr<flow::reader<T>> reader_;
};

}  // namespace flow
