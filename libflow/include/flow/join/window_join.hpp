#pragma once
// The operator of window joins and co-groups: what two sides have of one key in one window of event time.
//
// Windows are those of window/windows.hpp: a record is kept once, in its slice, however many windows it is in. When the
// watermark passes the end of a window, its function is given what both sides have of each key; results have the window's last
// instant as their time. A record is late when all its windows have expired (end - 1 us + allowed lateness <= watermark): it
// goes to its side's late output. A late record whose windows have not all expired is kept, and those that have been given out
// are given out again, as a whole, with the next watermark.
//
// What it remembers is declared: "left" and "right", the records by key and slice, and "windows", which windows of which keys
// are to be given out and when slices expire.

#include <flow/join/join_operator.hpp>
#include <flow/join/window_contents.hpp>
#include <flow/record/time_text.hpp>
#include <flow/state/timers.hpp>
#include <flow/window/windows.hpp>

namespace flow {

template <class Inputs, class Function>
class window_join_operator final : public join_operator<window_join_operator<Inputs, Function>, Inputs, typename Function::out> {
  using left = typename Inputs::left;
  using right = typename Inputs::right;
  using key = typename Inputs::key;
  using base = join_operator<window_join_operator, Inputs, typename Function::out>;
  friend base;

 public:
  window_join_operator(std::string name, Inputs inputs, window_spec const& spec, Function f)
      : base(std::move(name), std::move(inputs)), spec_(spec), slicing_(spec), f_(std::move(f)) {}

 protected:
  bool refers_to_state() const override { return giving_; }

 private:
  void declare() {
    left_.attach(this->state().template declare<typename keyed_rows<key, left>::table_type>("left"));
    right_.attach(this->state().template declare<typename keyed_rows<key, right>::table_type>("right"));
    windows_.attach(this->state().template declare<keyed_table<timer_key<key>, timer_is_set>>("windows"));
  }
  template <join_side side>
  auto& own() {
    if constexpr (side == join_side::left) return left_; else return right_;
  }

  // ---- records

  template <join_side side>
  [[gnu::always_inline]] void prefetch(std::uint64_t key_hash, timestamp t) {
    if (in_slice(t)) own<side>().prefetch(key_hash, number(slice_.begin));
  }
  template <join_side side, class T>
  bool take(T const& record, key const& k, std::uint64_t key_hash, timestamp t) {
    if (!in_slice(t)) enter_slice(t);
    if (!slice_.in_a_window) {
      this->leave_out();
    } else if (slicing_.expired(last_end_, this->followed(key_hash))) {
      this->template give_late<side>(record, t);
    } else {
      bool const is_new = own<side>().add(k, key_hash, number(slice_.begin), record) == row_place{};
      schedule(k, key_hash, is_new);
    }
    return true;
  }
  static std::int64_t number(timestamp begin) { return begin.time_since_epoch().count(); }
  bool in_slice(timestamp t) const {
    return static_cast<std::uint64_t>(number(t)) - static_cast<std::uint64_t>(number(slice_.begin)) < static_cast<std::uint64_t>(slice_.length.count());
  }
  void enter_slice(timestamp t) {
    slice_ = slicing_.slice_of(t);
    first_end_ = slicing_.first_end(slice_.begin);
    last_end_ = slicing_.last_end(slice_.begin);
  }
  /// The first window of the slice that has not been given out; each sets the next. Those that have been are set again.
  void schedule(key const& k, std::uint64_t key_hash, bool is_new) {
    timestamp const w = this->followed(key_hash);
    bool const some_fired = slicing::fired(first_end_, w);
    if (is_new) {
      timestamp const first = some_fired ? slicing_.end_after(w + duration{1}) : first_end_;
      if (first <= last_end_) windows_.set(k, key_hash, last_instant(first));
      windows_.set(k, key_hash, saturating_add(last_instant(last_end_), spec_.lateness));
    }
    if (!some_fired) return;
    for (timestamp end = std::max(first_end_, slicing_.first_open(w)); end <= std::min(last_end_, slicing_.last_fired(w)); end = slicing_.next_end(end))
      windows_.set(k, key_hash, last_instant(end));
  }
  static timestamp last_instant(timestamp end) { return end - duration{1}; }

  // ---- windows

  bool follow(timestamp w) {
    for (std::uint32_t steps = 0; this->still_ready() && steps < base::steps_per_call; ++steps) {
      if (!giving_ && !windows_.take(w, due_)) return true;
      if (!giving_ && is_end(due_.at + duration{1})) collect(due_.at + duration{1});
      if (giving_ && !give()) return false;
      drop_expired(due_.at);
    }
    return false;
  }
  bool is_end(timestamp t) const { return slicing_.end_after(last_instant(t)) == t; }

  /// Finds what a window holds of a key, and sets the next window, if it holds some of that and has not been given out before.
  void collect(timestamp end) {
    left_pieces_.clear();
    right_pieces_.clear();
    timestamp newest = no_watermark;
    timestamp const start = slicing_.start_of(end);
    for (std::int64_t n = slicing_.number_of(start); slicing_.begin_of(n) < end; ++n) {
      timestamp const begin = slicing_.begin_of(n);
      std::size_t const before = left_pieces_.pieces.size() + right_pieces_.pieces.size();
      left_.list(due_.key, due_.key_hash, number(begin), left_pieces_.pieces);
      right_.list(due_.key, due_.key_hash, number(begin), right_pieces_.pieces);
      if (left_pieces_.pieces.size() + right_pieces_.pieces.size() > before) newest = begin;
    }
    giving_ = newest != no_watermark;
    timestamp const next = slicing_.next_end(end);
    if (giving_ && next <= slicing_.last_end(newest) && !slicing::fired(next, this->followed(due_.key_hash)))
      windows_.set(due_.key, due_.key_hash, last_instant(next));
  }
  bool give() {
    timestamp const end = due_.at + duration{1};
    this->out().stamp(due_.at);
    try {
      if (!f_.give(window_of<key>{due_.key, slicing_.start_of(end), end}, left_pieces_, right_pieces_, this->out(), [this] { return this->still_ready(); }))
        return false;
    } catch (...) {
      std::string text = f_.about() + "the window was from ";
      append_time(text, slicing_.start_of(end));
      append_time(text += " to ", end);
      this->fail(text += " of key " + to_json(due_.key));
    }
    giving_ = false;
    return true;
  }
  /// Drops the slices of the key that expire at a time.
  void drop_expired(timestamp at) {
    timestamp const end = saturating_add(at, duration{1} - spec_.lateness);
    if (!is_end(end)) return;
    timestamp const start = slicing_.start_of(end);
    for (std::int64_t n = slicing_.number_of(start); slicing_.begin_of(n) < start + spec_.slide; ++n) {
      left_.drop(due_.key, due_.key_hash, number(slicing_.begin_of(n)));
      right_.drop(due_.key, due_.key_hash, number(slicing_.begin_of(n)));
    }
  }

  window_spec spec_;
  slicing slicing_;
  Function f_;
  keyed_rows<key, left> left_;
  keyed_rows<key, right> right_;
  timer_queue<key> windows_;

  // The slice of the record before: most records are in the same one.
  slice_span slice_{};
  timestamp first_end_{};
  timestamp last_end_{};

  // The key and window under way.
  typename timer_queue<key>::timer due_;
  bool giving_ = false;
  record_pieces<left> left_pieces_;
  record_pieces<right> right_pieces_;
};

}  // namespace flow
