#pragma once
// The operator of a process function on a keyed stream.
//
// Records are worked on in portions: the keys of a portion are looked up in every declared state first. Event-time timers
// fire in the order of (time, hash of the key) when the watermark has reached them; the watermark is passed on when all
// have fired. Firing is resumable: timers that have fired are out of the state, so a barrier may fall in between.
//
// What it remembers is declared: the function's states, "flow.event-timers", and "flow.fired-until", the watermark up to
// which all timers have fired.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <flow/operator/keyed_context.hpp>
#include <flow/operator/resumable.hpp>
#include <flow/record/time_text.hpp>

namespace flow {

template <class T, class Selector, class F>
class keyed_process_operator final : public resumable_operator {
  using selected = std::invoke_result_t<Selector const&, T const&>;
  using key = std::decay_t<selected>;
  using context_type = keyed_context<key, F>;
  using out = typename detail::process_output<F, T, context_type>::type;
  static constexpr bool has_timers = detail::names_on_timer<F>;
  static constexpr bool keys_in_place = std::is_lvalue_reference_v<selected>;
  using portion = detail::key_portion;

 public:
  keyed_process_operator(std::string name, Selector select, F f, std::vector<side_output> sides)
      : resumable_operator(std::move(name), 1 + sides.size()), select_(std::move(select)), f_(std::move(f)), declared_(std::move(sides)),
        states_(state(), portion_, detail::integer_key<key>, schema_of<key>()) {}

  void open() override {
    out_.attach(*this, 0, context().batch_size);
    sides_.attach(*this);
    for (std::size_t i = 0; i < declared_.size(); ++i)
      sides_.add(declared_[i].name, *declared_[i].type, 1 + i, context().batch_size);
    fired_until_ = &state().template value<timestamp>("flow.fired-until", no_watermark);
    if constexpr (has_timers)
      event_timers_.attach(state().template declare<keyed_table<timer_key<key>, timer_is_set>>("flow.event-timers"));
    context_.event_timers_ = &event_timers_;
    context_.sides_ = &sides_;
    context_.watermark_ = *fired_until_;
    open_context c(context().subtask, context().parallelism, &states_, state());
    if constexpr (detail::names_open<F>) f_.open(c);
  }
  void watermark(timestamp w) override {
    if (w <= *fired_until_) return;
    activity_scope const scope(*this);
    firing_until_ = w;
    context_.watermark_ = w;
    if (!fire()) suspend();
  }
  void end() override {
    if constexpr (detail::names_close<F>) guarded([this] { f_.close(); });
    operator_base::end();
  }

 protected:
  // ---- records

  bool run(std::uint32_t, batch_base const& b) override {
    auto const& in = as<T>(b);
    std::uint32_t const n = in.size(), before = next_;
    context_.has_event_time_ = in.has_timestamps();
    begin_output(in.has_timestamps());
    try {
      bool room = true;
      while (next_ < n && room) room = run_portion(in, std::min(n, next_ + portion::most));
    } catch (...) {
      fail(in, next_);
    }
    counters().processed.add(next_ - before);
    if (next_ < n) return false;
    flush();
    return true;
  }
  bool continue_firing() override { return fire(); }

 private:
  /// False: the receivers take no more before `end`.
  bool run_portion(batch<T> const& in, std::uint32_t end) {
    std::uint32_t const first = next_;
    load_keys(in, end);
    bool const stamped = in.has_timestamps();
    for (; next_ < end; ++next_) {
      if (!still_ready()) return false;
      portion_.current = next_ - first;
      context_.key_ = keys_[next_ - first];
      context_.key_hash_ = portion_.hashes[next_ - first];
      stamp(stamped ? in.timestamps()[next_] : no_watermark);
      f_.process(in[next_], context_, out_);
    }
    return true;
  }
  /// Takes the keys of records [next_, end) and looks them up.
  void load_keys(batch<T> const& in, std::uint32_t end) {
    std::uint32_t const first = next_;
    auto const hashes = in.hashes();
    if constexpr (!keys_in_place) made_keys_.clear();
    for (; next_ < end; ++next_) {
      std::uint32_t const i = next_ - first;
      if constexpr (keys_in_place) keys_[i] = &std::invoke(select_, in[next_]);
      else keys_[i] = &made_keys_.emplace_back(std::invoke(select_, in[next_]));
      storer_.store(portion_, i, *keys_[i], hashes[next_]);
    }
    portion_.size = end - first;
    next_ = first;
    states_.resolve();
  }

  // ---- timers

  /// Fires all timers up to the watermark that came last, then passes it on; false when the receivers take no more.
  bool fire() {
    if (firing_until_ == no_watermark) return true;
    if constexpr (has_timers)
      if (!fire_timers()) return false;
    *fired_until_ = std::exchange(firing_until_, no_watermark);
    forward_watermark(*fired_until_);
    return true;
  }
  bool fire_timers() {
    context_.has_event_time_ = true;
    begin_output(true);
    bool done = false;
    while (still_ready() && !(done = !event_timers_.take(firing_until_, timer_))) call_on_timer();
    flush();
    return done && !holds_batches() && outputs_ready();
  }
  void call_on_timer() {
    storer_.store(portion_, 0, timer_.key, timer_.key_hash);
    portion_.current = 0;
    portion_.size = 1;
    states_.forget();
    context_.key_ = &timer_.key;
    context_.key_hash_ = timer_.key_hash;
    stamp(timer_.at);
    try {
      f_.on_timer(timer_.at, context_, out_);
    } catch (...) {
      std::string text = "the timer was for ";
      append_time(text, timer_.at);
      fail(text += " of key " + to_json(timer_.key));
    }
  }

  // ---- output

  void begin_output(bool stamped) {
    out_.begin(stamped);
    sides_.begin(stamped);
  }
  void stamp(timestamp t) {
    context_.now_ = t;
    out_.stamp(t);
    sides_.stamp(t);
  }
  void flush() {
    out_.flush();
    sides_.flush();
  }

  Selector select_;
  F f_;
  std::vector<side_output> declared_;
  output<out> out_;
  side_outputs sides_;
  context_type context_;

  portion portion_;
  std::array<key const*, portion::most> keys_{};
  struct few_keys : std::vector<key> {
    few_keys() { this->reserve(portion::most); }
  };
  [[no_unique_address]] std::conditional_t<keys_in_place, std::tuple<>, few_keys> made_keys_;
  detail::key_storer<key> storer_;
  keyed_state states_;

  timestamp* fired_until_ = nullptr;
  timestamp firing_until_ = no_watermark;  // the watermark that is passed on when the timers before it have fired
  timer_queue<key> event_timers_;
  typename timer_queue<key>::timer timer_;
};

}  // namespace flow
