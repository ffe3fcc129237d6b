#pragma once
// What a user function emits into.

#include <string>
#include <vector>

#include <flow/operator/operator.hpp>
#include <flow/operator/tentative_output.hpp>

namespace flow {

/// Collects records of type T and hands them on in batches. Given to user functions; lives inside an operator.
template <class T>
class output {
 public:
  /// Emits a record with the event time of the record that the function was called for.
  void emit(T record) { emit(std::move(record), now_); }
  /// Emits a record with an event time of its own; the time is dropped where the stream has no event time.
  void emit(T record, timestamp at) {
    auto& records = as<T>(*batch_);
    if (times_) times_[records.size()] = at;
    records.emplace_back(std::move(record));
    if (records.room() == 0) full();
  }

  // For operators:
  void attach(operator_base& owner, std::size_t port, std::uint32_t batch_size) {
    owner_ = &owner;
    port_ = port;
    renew<T>(batch_, batch_size);
  }
  /// A batch of input begins; what is emitted has event times where the input has.
  void begin(bool stamped) {
    stamped_ = stamped;
    if (!stamped && batch_->has_timestamps()) batch_->clear();  // empty, from a batch of input before that had them
    times_ = stamped ? batch_->add_timestamps() : nullptr;
  }
  /// What follows is emitted for a record of this time.
  void stamp(timestamp t) { now_ = t; }
  void flush() {
    if (batch_->empty()) return;
    owner_->push(port_, batch_);
    begin(stamped_);
  }

  // For operators whose calls may fail and be taken back:
  void make_tentative() { is_tentative_ = true; }
  void begin_call() { tentative_.begin(*batch_); }
  /// Whether the calls since `accept` have filled batches.
  bool has_filled() const { return tentative_.has_filled(); }
  void accept() {
    tentative_.hand_on([this](batch_ref& b) { owner_->push(port_, b); });
  }
  void take_back() {
    tentative_.take_back(batch_);
    begin(stamped_);
  }

 private:
  void full() {
    if (!is_tentative_) return flush();
    tentative_.set_aside(batch_, owner_->context().max_call_output);
    begin(stamped_);
  }

  operator_base* owner_ = nullptr;
  std::size_t port_ = 0;
  batch_ref batch_;
  bool stamped_ = false;
  timestamp* times_ = nullptr;  // of batch_, null without event time
  timestamp now_ = no_watermark;
  bool is_tentative_ = false;  // otherwise a call's output goes on at once
  detail::tentative_output tentative_;
};

/// Names a side output and the type of its records.
template <class T>
struct tag {
  std::string name;
};

/// The side outputs of an operator, by tag. A record for a tag that nobody reads is counted and dropped.
class side_outputs {
 public:
  template <class T>
  void emit(tag<T> const& to, T record) {
    for (auto& side : sides_) {
      if (side.name != to.name) continue;
      if (&side.batch->type() != &batch_type_of<T>) throw_of_another_type(to.name);
      if (side.batch->room() == 0) full(side);
      if (stamped_) side.batch->add_timestamps()[side.batch->size()] = now_;
      as<T>(*side.batch).emplace_back(std::move(record));
      return;
    }
    owner_->counters().unread.add(1);
  }

  // For operators:
  void attach(operator_base& owner) { owner_ = &owner; }
  void add(std::string name, batch_type const& type, std::size_t port, std::uint32_t batch_size) {
    sides_.push_back({std::move(name), type.create(batch_size), port, {}});
  }
  void begin(bool stamped) { stamped_ = stamped; }
  void stamp(timestamp t) { now_ = t; }
  void flush() {
    for (auto& side : sides_)
      if (!side.batch->empty()) owner_->push(side.port, side.batch);
  }

  // As of `output`:
  void make_tentative() { is_tentative_ = true; }
  void begin_call() {
    for (auto& side : sides_) side.tentative.begin(*side.batch);
  }
  bool has_filled() const;
  void accept();
  void take_back();

 private:
  struct side {
    std::string name;
    batch_ref batch;
    std::size_t port;
    detail::tentative_output tentative;
  };
  void full(side& side);
  [[noreturn]] static void throw_of_another_type(std::string const& name);

  std::vector<side> sides_;
  operator_base* owner_ = nullptr;
  bool stamped_ = false;
  bool is_tentative_ = false;
  timestamp now_ = no_watermark;
};

/// A side output as the graph declares it: which tags a reader asked for.
struct side_output {
  std::string name;
  batch_type const* type;
};

}  // namespace flow
