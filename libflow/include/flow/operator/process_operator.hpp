#pragma once
// The operator of a process function, of one input or two, keyed or not.
//
// Records of a keyed input are worked on in portions: the keys of a portion are looked up in every declared state first.
// Timers fire in the order of (time, hash of the key): those of event time when the watermark has reached them, before it
// is passed on; those of processing time when the time of day has. Firing is resumable: timers that have fired are out of
// the state; no barrier passes before all that are due have. When the input ends all that are set fire, event time first.
//
// What it remembers is declared: the function's states, "flow.event-timers", "flow.processing-timers", and
// "flow.fired-until", the watermark up to which all timers have fired.

#include <memory>
#include <tuple>
#include <vector>

#include <flow/operator/keyed_calls.hpp>
#include <flow/operator/resumable.hpp>
#include <flow/record/time_text.hpp>

namespace flow {

template <class F, class... Inputs>
class process_operator final : public resumable_operator {
  using inputs = std::tuple<Inputs...>;
  template <std::size_t I>
  using input = std::tuple_element_t<I, inputs>;
  using key = typename input<0>::key;
  static constexpr bool is_keyed = input<0>::is_keyed;
  static constexpr bool has_timers = is_keyed && detail::names_on_timer<F>;
  static constexpr bool has_rules = std::is_same_v<typename std::tuple_element_t<sizeof...(Inputs) - 1, inputs>::callback, detail::process_rule_callback>;
  using context_type = typename detail::context_for<key, F>::type;
  using out = typename detail::callback_output<typename input<0>::callback, F, typename input<0>::record, context_type>::type;

 public:
  process_operator(std::string name, F f, std::vector<side_output> sides, Inputs... in)
      : resumable_operator(std::move(name), 1 + sides.size()), f_(std::move(f)), inputs_(std::move(in)...), declared_(std::move(sides)), keyed_(state()) {}

  void open() override {
    out_.attach(*this, 0, context().batch_size);
    sides_.attach(*this);
    for (std::size_t i = 0; i < declared_.size(); ++i)
      sides_.add(declared_[i].name, *declared_[i].type, 1 + i, context().batch_size);
    fired_until_ = &state().template value<timestamp>("flow.fired-until", no_watermark, when_rescaled::lowest);
    call_.watermark = *fired_until_;
    call_.has_event_time = context().has_event_time;
    call_.clock = context().clock;
    call_.sides = &sides_;
    if constexpr (has_timers) {
      timers_.event.attach(state().template declare<typename detail::keyed_part<key>::timer_table>("flow.event-timers"));
      timers_.processing.attach(state().template declare<typename detail::keyed_part<key>::timer_table>("flow.processing-timers"));
      timers_.input_ended = *fired_until_ == end_of_time;
      timers_.first = timers_.processing.first().value_or(end_of_time);
    }
    open_context c(context().subtask, context().parallelism, keyed_states(), state(), metrics());
    if constexpr (detail::names_open<F>) f_.open(c);
    look_later();  // for what has been restored
  }
  void watermark(timestamp w) override {
    if (repeats(w, *fired_until_)) return;
    activity_scope const scope(*this);
    call_.watermark = firing_until_ = w;
    if constexpr (has_timers)
      if (w == end_of_time) {
        timers_.input_ended = true;
        processing_until_ = end_of_time;
      }
    if (!fire()) suspend();
  }
  void end() override {
    if constexpr (is_keyed) keyed_.select_none();
    if constexpr (detail::names_close<F>) guarded([this] { f_.close(); });
    operator_base::end();
  }

 protected:
  bool run(std::uint32_t number, batch_base const& b) override {
    if constexpr (sizeof...(Inputs) == 2)
      if (number == 1) return run_input<1>(b);
    return run_input<0>(b);
  }
  bool continue_firing() override { return fire(); }
  void look(std::chrono::nanoseconds) override {
    sweep_states(detail::sweeper::idle_records);
    if constexpr (has_timers) {
      processing_until_ = std::max(processing_until_, context().clock->wall());
      if (!fire()) suspend();
    }
    look_later();
  }

  /// A function has no references from one call to the next.
  bool refers_to_state() const override { return false; }

 private:
  static constexpr std::uint32_t timers_per_call = 1024;

  // ---- records

  template <std::size_t I>
  bool run_input(batch_base const& b) {
    auto const& in = as<typename input<I>::record>(b);
    std::uint32_t const n = in.size(), before = next_;
    begin_output();
    if constexpr (is_keyed && !input<I>::is_keyed) keyed_.select_none();
    try {
      bool room = true;
      while (next_ < n && room) room = run_portion<I>(in, std::min(n, next_ + detail::key_portion::most));
    } catch (...) {
      fail(in, next_);
    }
    counters().processed.add(next_ - before);
    sweep_states(next_ - before);
    if (next_ < n) return false;
    flush();
    look_later();
    return true;
  }
  /// False: the receivers take no more before `end`.
  template <std::size_t I, class T>
  bool run_portion(batch<T> const& in, std::uint32_t end) {
    std::uint32_t const first = next_;
    bool const stamped = in.has_timestamps();
    if constexpr (input<I>::is_keyed) keyed_.load(in, first, end, std::get<I>(inputs_).select);
    for (; next_ < end; ++next_) {
      if (!still_ready()) return false;
      if constexpr (input<I>::is_keyed) {
        keyed_.select(next_ - first);
        context_.key_ = keyed_.key();
        context_.key_hash_ = keyed_.key_hash();
      }
      begin_call(stamped ? in.timestamps()[next_] : no_watermark);
      if constexpr (I == 1 && has_rules) input<I>::callback::call(f_, in[next_], rule_context_, out_);
      else input<I>::callback::call(f_, in[next_], context_, out_);
    }
    return true;
  }

  // ---- timers

  /// Fires what is due, then passes on the watermark that came last; false when the receivers take no more.
  bool fire() {
    if constexpr (has_timers)
      if (!fire_timers()) return false;
    if (firing_until_ == no_watermark) return true;
    *fired_until_ = std::exchange(firing_until_, no_watermark);
    forward_watermark(*fired_until_);
    return true;
  }
  bool fire_timers() {
    begin_output();
    bool done = false;
    for (std::uint32_t n = 0; n < timers_per_call && still_ready() && !(done = !take_timer()); ++n) call_on_timer();
    flush();
    if (!done || holds_batches() || !outputs_ready()) return false;
    processing_until_ = no_watermark;
    timers_.first = timers_.processing.first().value_or(end_of_time);
    look_later();
    return true;
  }
  bool take_timer() {
    call_.domain = time_domain::event;
    if (firing_until_ != no_watermark && timers_.event.take(firing_until_, timer_)) return true;
    call_.domain = time_domain::processing;
    return processing_until_ != no_watermark && timers_.processing.take(processing_until_, timer_);
  }
  void call_on_timer() {
    keyed_.select(timer_.key, timer_.key_hash);
    context_.key_ = &timer_.key;
    context_.key_hash_ = timer_.key_hash;
    begin_call(call_.domain == time_domain::event ? timer_.at : no_watermark);
    call_.now = timer_.at;
    try {
      f_.on_timer(timer_.at, context_, out_);
    } catch (...) {
      std::string text = "the timer was for ";
      append_time(text, timer_.at);
      fail(text += " of key " + to_json(timer_.key));
    }
  }
  /// Removes some of what has expired, as much as these records pay for.
  void sweep_states(std::uint32_t records) {
    if constexpr (is_keyed)
      if (keyed_.states.timed()) keyed_.states.sweep(records);
  }
  /// Asks to be looked at when the first processing-time timer is due, or when expired state is to be removed. The clock of
  /// the day may be set meanwhile, hence the longest wait.
  void look_later() {
    auto when = never;
    if constexpr (is_keyed) when = keyed_.states.next_sweep();
    if constexpr (has_timers)
      if (timers_.first != end_of_time) {
        auto const wait = std::clamp<duration>(saturating_add(timers_.first, -context().clock->wall().time_since_epoch()).time_since_epoch(), duration{0}, longest_wait);
        when = std::min<std::chrono::nanoseconds>(when, context().clock->now() + wait);
      }
    look_at(when);
  }
  static constexpr duration longest_wait = std::chrono::seconds(10);

  // ---- output

  void begin_output() {
    out_.begin(call_.has_event_time);
    sides_.begin(call_.has_event_time);
  }
  /// A call for what has this event time. What has none is emitted with the first time that is not late yet.
  void begin_call(timestamp t) {
    call_.now = t;
    timestamp const emitted = t == no_watermark ? saturating_add(*fired_until_, duration{1}) : t;
    out_.stamp(emitted);
    sides_.stamp(emitted);
  }
  void flush() {
    out_.flush();
    sides_.flush();
  }
  keyed_state* keyed_states() {
    if constexpr (is_keyed) return &keyed_.states;
    else return nullptr;
  }
  context_type make_context() {
    if constexpr (is_keyed) return context_type(call_, timers_);
    else return context_type(call_);
  }

  F f_;
  inputs inputs_;
  std::vector<side_output> declared_;
  output<out> out_;
  side_outputs sides_;

  [[no_unique_address]] typename detail::keyed_part<key>::calls keyed_;
  typename detail::keyed_part<key>::timers timers_;
  detail::process_call call_;
  context_type context_ = make_context();
  rule_context<F> rule_context_{call_};

  timestamp* fired_until_ = nullptr;
  timestamp firing_until_ = no_watermark;      // the watermark that is passed on when the timers before it have fired
  timestamp processing_until_ = no_watermark;  // processing-time timers before this are due
  typename detail::keyed_part<key>::timer timer_;
};

}  // namespace flow
