#pragma once
// What a process function may ask and do while it is called.

#include <flow/error.hpp>
#include <flow/operator/process_function.hpp>
#include <flow/state/broadcast_state.hpp>
#include <flow/state/timers.hpp>

namespace flow {

/// Which time a timer was set for.
enum class time_domain { event, processing };

namespace detail {
[[noreturn]] void throw_no_event_time();

/// The call at hand, as its contexts see it.
struct process_call {
  timestamp now = no_watermark;
  timestamp watermark = no_watermark;
  time_domain domain = time_domain::event;
  bool has_event_time = false;
  flow::clock const* clock = nullptr;
  side_outputs* sides = nullptr;
};

class context_base {
 public:
  explicit context_base(process_call const& call) : call_(call) {}
  context_base(context_base const&) = delete;
  context_base& operator=(context_base const&) = delete;

  /// The event time of the record, `no_watermark` where it has none; of a timer: the time it was set for.
  flow::timestamp timestamp() const { return call_.now; }
  /// How far event time has come: no record at or before this is expected any more. In `on_timer`: the one that made it due.
  flow::timestamp watermark() const { return call_.watermark; }
  /// The time of day.
  flow::timestamp processing_time() const { return call_.clock->wall(); }
  /// Emits a record into the side output of a tag, with the time of the record or timer.
  template <class T>
  void emit(tag<T> const& to, std::type_identity_t<T> record) { call_.sides->emit(to, std::move(record)); }

 protected:
  process_call const& call_;
};

/// The timers of a keyed operator, and how the operator hears of new ones.
template <class K>
struct process_timers {
  timer_queue<K> event, processing;
  bool input_ended = false;
  /// The first processing-time timer that is set; `end_of_time` without one.
  flow::timestamp first = end_of_time;
};
}  // namespace detail

/// Of the function F on a stream without keys.
template <class F>
class process_context : public detail::context_base {
 public:
  using context_base::context_base;
  template <class C = F> void event_timer(flow::timestamp) { no_key<C>(); }
  template <class C = F> void processing_timer(flow::timestamp) { no_key<C>(); }

 private:
  template <class C>
  static constexpr void no_key() {
    static_assert(!std::is_same_v<C, F>, "a timer belongs to a key; say .key_by(...) before .process(...) or .connect(...)");
  }
};

/// Of the function F on a stream with keys of type K. Given to `process` and `on_timer`; not to be kept.
template <class K, class F>
class keyed_context : public detail::context_base {
 public:
  keyed_context(detail::process_call const& call, detail::process_timers<K>& timers) : context_base(call), timers_(timers) {}

  /// The key of the record or timer.
  K const& key() const { return *key_; }

  /// Has `on_timer` called for this key once the watermark has reached `at`, once however often it is set. A time that
  /// has been reached already is due with the next watermark; in `on_timer`, with the same. After the last record the
  /// watermark is `flow::end_of_time`: a function that sets the next timer in each `on_timer` stops then.
  void event_timer(flow::timestamp at) {
    check_timer();
    if (!call_.has_event_time) detail::throw_no_event_time();
    timers_.event.set(*key_, key_hash_, at);
  }
  /// Removes the timer of this key and time, if it is set.
  void delete_event_timer(flow::timestamp at) {
    check_timer();
    timers_.event.remove(*key_, key_hash_, at);
  }
  /// Has `on_timer` called for this key once the time of day has reached `at`, once however often it is set. Those that
  /// are set when the input ends are called then, before their time; none can be set after.
  void processing_timer(flow::timestamp at) {
    check_timer();
    if (timers_.input_ended) return;
    timers_.processing.set(*key_, key_hash_, at);
    timers_.first = std::min(timers_.first, at);
  }
  void delete_processing_timer(flow::timestamp at) {
    check_timer();
    timers_.processing.remove(*key_, key_hash_, at);
  }
  /// In `on_timer`: which of the two the timer is.
  flow::time_domain time_domain() const { return call_.domain; }

 private:
  template <class, class...>
  friend class process_operator;
  static constexpr void check_timer() {
    static_assert(detail::names_on_timer<F>,
                  "a function that sets timers needs a member: void on_timer(flow::timestamp, auto& context, flow::output<Out>& out)");
  }

  detail::process_timers<K>& timers_;
  K const* key_ = nullptr;
  std::uint64_t key_hash_ = 0;
};

/// Of the function F for a record of the broadcast stream, which has no key: may change broadcast state.
template <class F>
class rule_context : public process_context<F>, public detail::writes_broadcast_state {
 public:
  using process_context<F>::process_context;
};

}  // namespace flow
