#pragma once
// What a keyed process function may ask and do while it is called.

#include <flow/error.hpp>
#include <flow/operator/process_function.hpp>
#include <flow/state/timers.hpp>

namespace flow {

namespace detail {
[[noreturn]] void throw_no_event_time();
}

/// Of the function F on a stream with keys of type K. Given to `process` and `on_timer`; not to be kept.
template <class K, class F>
class keyed_context {
 public:
  /// The key of the record or timer.
  K const& key() const { return *key_; }
  /// The event time of the record, `no_watermark` where the stream has none; of a timer: the time it was set for.
  flow::timestamp timestamp() const { return now_; }
  /// How far event time has come: no record at or before this is expected any more. In `on_timer`: the one that made it due.
  flow::timestamp watermark() const { return watermark_; }

  /// Has `on_timer` called for this key once the watermark has reached `at`, once however often it is set. A time that
  /// has been reached already is due with the next watermark; in `on_timer`, with the same.
  void event_timer(flow::timestamp at) {
    check_timer();
    if (!has_event_time_) detail::throw_no_event_time();
    event_timers_->set(*key_, key_hash_, at);
  }
  /// Removes the timer of this key and time, if it is set.
  void delete_event_timer(flow::timestamp at) {
    check_timer();
    event_timers_->remove(*key_, key_hash_, at);
  }
  /// Emits a record into the side output of a tag, with the time of the record or timer.
  template <class T>
  void emit(tag<T> const& to, std::type_identity_t<T> record) { sides_->emit(to, std::move(record)); }

 private:
  template <class, class, class>
  friend class keyed_process_operator;
  static constexpr void check_timer() {
    static_assert(detail::names_on_timer<F>,
                  "a function that sets timers needs a member: void on_timer(flow::timestamp, auto& context, flow::output<Out>& out)");
  }

  K const* key_ = nullptr;
  std::uint64_t key_hash_ = 0;
  flow::timestamp now_ = no_watermark;
  flow::timestamp watermark_ = no_watermark;
  bool has_event_time_ = false;
  timer_queue<K>* event_timers_ = nullptr;
  side_outputs* sides_ = nullptr;
};

}  // namespace flow
