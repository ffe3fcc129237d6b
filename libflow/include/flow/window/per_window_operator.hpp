#pragma once
// The operator of windows that are kept one by one: a Placement says in which windows a record is, a Trigger when they give
// out what the Fold has made of their records.
//
// Windows of event time end when the watermark reaches their last instant, those of processing time when the machine's time
// of day reaches their end, counted ones with the record that fills them; global ones do not end. A window of event time is
// kept for the allowed lateness behind its end; a record all of whose windows are gone is late and goes to output 1. Results
// carry the time end - 1 us. At the end of the input windows of processing time that are open and processing-time timers that
// are set fire in the order of time, before the watermark is passed on; counted windows that are not full give nothing.
//
// Firing is resumable, key by key and window by window: a window that has fired is marked or gone. The watermark is passed on
// when all has fired, and no barrier passes before.
//
// What it remembers is declared: "windows", of each key those that are open with their aggregates, timers and what their
// triggers remember; "fired-until", the watermark that decides lateness. When which key has something to do follows from its
// windows: at most one wake is set for it in each kind of time, and none is moved when a session grows.

#include <flow/operator/resumable.hpp>
#include <flow/record/json_text.hpp>
#include <flow/record/time_text.hpp>
#include <flow/state/fired_until.hpp>
#include <flow/state/keyed_table.hpp>
#include <flow/window/trigger_calls.hpp>
#include <flow/window/triggered_windows.hpp>
#include <flow/window/window_wakes.hpp>

namespace flow {

template <class Placement, class Trigger, class Fold>
class per_window_operator final : public resumable_operator {
  using record = typename Fold::record;
  using key = typename Fold::key;
  using window = open_window<typename Fold::aggregate, Trigger>;
  static constexpr bool by_event = Placement::time == window_time::event;
  static constexpr bool by_machine = Placement::time == window_time::processing;
  static constexpr bool counted = std::is_same_v<Placement, count_placement>;
  static constexpr bool global = std::is_same_v<Placement, global_placement>;
  using windows = windows_of_key<window, counted, by_event || window::has_event_timers, by_machine || window::has_processing_timers>;
  using wakes = window_wakes<key, windows>;
  static constexpr std::uint32_t portion = 64;
  static constexpr std::size_t worth_prefetching = 1024;

 public:
  per_window_operator(std::string name, triggered_windows<Placement, Trigger> const& spec, Fold fold)
      : resumable_operator(std::move(name), 2), placement_(spec.how_placed()),
        calls_(spec.how_fired(), std::move(fold), spec.lateness(), spec.discards()), lateness_(spec.lateness()) {
    placement_.prepare(lateness_);
  }

  void open() override {
    auto& declared = state().template declare<keyed_table<key, windows>>("windows");
    windows_ = &declared.all();
    fired_until_ = &state().template declare<flow::fired_until>("fired-until");
    calls_.out().attach(*this, 0, context().batch_size);
    calls_.out().begin(true);
    late_.attach(*this, 1, context().batch_size);
    wakes_.attach(*windows_);
    for_each_key(*windows_, declared.where().set, [this](key const& k, std::uint64_t hash) { set_wakes(k, hash, windows_->derived(k, hash)); });
    read_clock();
    schedule_look();
  }
  void watermark(timestamp w) override {
    if (repeats(w, fired_until_->lowest())) return;
    activity_scope const scope(*this);
    read_clock();
    firing_until_ = w;
    if (!continue_firing()) suspend();
  }

 protected:
  void look(std::chrono::nanoseconds) override {
    read_clock();
    machine_until_ = wall_;
    if (!continue_firing()) suspend();
  }
  bool run(std::uint32_t, batch_base const& b) override {
    auto const& in = as<record>(b);
    read_clock();
    calls_.at(fired_until_->lowest(), wall_, false);
    stamped_ = in.has_timestamps();
    late_.begin(stamped_);
    try {
      while (next_ < in.size())
        if (!run_portion(in, std::min(in.size(), next_ + portion))) return false;
    } catch (...) {
      fail(in, next_);
    }
    flush();
    schedule_look();
    return true;
  }
  bool continue_firing() override {
    if (machine_until_ != no_watermark) {
      calls_.at(fired_until_->lowest(), wall_, false);
      if (!fire<window_time::processing>(machine_until_)) return false;
      machine_until_ = no_watermark;
      scheduled_ = end_of_time;
    }
    if (firing_until_ != no_watermark) {
      calls_.at(firing_until_, wall_, firing_until_ == end_of_time);
      if (!fire<window_time::event>(firing_until_)) return false;
      if (firing_until_ == end_of_time && !fire<window_time::processing>(end_of_time)) return false;
      fired_until_->raise(std::exchange(firing_until_, no_watermark));
      forward_watermark(fired_until_->lowest());
    }
    schedule_look();
    return true;
  }

 private:
  bool refers_to_state() const override { return false; }  // a firing looks each key up

  // ---- records

  bool run_portion(batch<record> const& in, std::uint32_t end) {
    auto const hashes = hashes_of(in);
    if (windows_->size() > worth_prefetching)
      for (std::uint32_t i = next_; i < end; ++i) windows_->prefetch(hashes[i]);
    for (; next_ < end; ++next_)
      if (!still_ready() || !take(in[next_], hashes[next_], stamped_ ? in.timestamps()[next_] : no_watermark)) return false;
    return true;
  }
  /// The hashes of the records' keys: over the whole stream there is one key, and no column.
  static auto hashes_of(batch<record> const& in) {
    struct same_for_all {
      constexpr std::uint64_t operator[](std::size_t) const { return whole_stream{}.hash(); }
    };
    if constexpr (std::is_same_v<key, whole_stream>) return same_for_all{};
    else return in.hashes().data();
  }

  /// Puts a record into its windows. False: no room for what they give out; call again.
  bool take(record const& r, std::uint64_t hash, timestamp t) {
    auto const& k = calls_.fold().key_of(r);
    windows& of_key = windows_->find_or_insert(k, hash);
    if (!fired_until_->same_for_all()) [[unlikely]] calls_.at(fired_until_->of(hash), wall_, false);
    if (done_ == 0) at_ = by_machine ? wall_ : t;
    placed const where = placement_.place(of_key, r, at_, by_event ? fired_until_->of(hash) : no_watermark, [this](window& into, window& from) { calls_.merge(into, from); });
    if (where.what == placed::fate::taken) [[likely]] {
      if (where.grown) calls_.on_merge(of_key.open[where.first], t);
      for (; where.first + done_ < where.last; ++done_) {
        if (done_ > 0 && !still_ready()) return false;
        window& w = of_key.open[where.first + done_];
        add(w, r, t);
        calls_.on_record(k, w, r, t);
        set_wake(k, hash, of_key, w);
      }
      done_ = 0;
      counters().processed.add(1);
    } else {
      set_aside(r, t, where.what);
    }
    if constexpr (counted) end_full(k, of_key, t);
    if constexpr (global) drop_spent(of_key);
    if (of_key.idle()) windows_->erase(k, hash);
    return true;
  }
  void add(window& w, record const& r, timestamp t) {
    if constexpr (Placement::time == window_time::none) w.cover(stamped_ ? t : wall_);
    calls_.fold().add(w.value, r);
    w.holds = true;
  }
  void set_aside(record const& r, timestamp t, placed::fate why) {
    if (why == placed::fate::late) {
      counters().late.add(1);
      late_.emit(r, t);
    } else {
      counters().filtered.add(1);
    }
  }
  /// A record of a counted key has come: a window that it fills ends.
  void end_full(key const& k, windows& of_key, timestamp t) {
    if (!placement_.count(of_key)) return;
    calls_.on_end(k, of_key.open.front(), t);
    of_key.open.erase(0, 1);
  }
  /// A global window that holds nothing, and whose trigger remembers nothing, need not be stored.
  static void drop_spent(windows& of_key) {
    if (of_key.open.empty()) return;
    window const& w = of_key.open.front();
    if (w.holds || !w.event_timers.empty() || !w.processing_timers.empty()) return;
    if constexpr (std::equality_comparable<detail::trigger_state_of<Trigger>>)
      if (w.state == detail::trigger_state_of<Trigger>{}) of_key.open.clear();
  }

  // ---- time

  /// When a kind of time next has something to do for a window.
  template <window_time Time>
  timestamp due(window const& w) const {
    return std::min(first_timer<Time>(w), bound<Time>(w));
  }
  template <window_time Time>
  static timestamp first_timer(window const& w) {
    if constexpr (Time == window_time::event) return w.event_timers.first();
    else return w.processing_timers.first();
  }
  /// The window's end, and then its removal, where they are in this kind of time.
  template <window_time Time>
  timestamp bound(window const& w) const {
    if constexpr (Time != Placement::time) return detail::never;
    else if constexpr (by_machine) return w.end;
    else return w.ended ? calls_.expiry(w) : w.end - duration{1};
  }
  void set_wake(key const& k, std::uint64_t hash, windows& of_key, window const& w) {
    wakes_.template set<window_time::event>(k, hash, of_key, due<window_time::event>(w));
    wakes_.template set<window_time::processing>(k, hash, of_key, due<window_time::processing>(w));
  }
  void set_wakes(key const& k, std::uint64_t hash, windows& of_key) {
    for (std::size_t i = 0; i < of_key.open.size(); ++i) set_wake(k, hash, of_key, of_key.open[i]);
  }

  /// Does what is due up to a time; false when the receivers take no more.
  template <window_time Time>
  bool fire(timestamp until) {
    if constexpr (wakes::template has<Time>) {
      bool done = false;
      while (still_ready() && !(done = !wakes_.template take<Time>(until, wake_))) fire_key<Time>(wake_.key, wake_.key_hash, wake_.at);
      flush();
      return done && !holds_batches() && outputs_ready();
    } else {
      return true;
    }
  }
  /// Does what the windows of a key have to do up to a time, as far as the receivers take it, and has it woken for the rest.
  template <window_time Time>
  void fire_key(key const& k, std::uint64_t hash, timestamp until) {
    auto const place = windows_->locate(k, hash);
    if (!place.value || place.value->template wake<Time>() != until) return;
    place.mark();
    windows& of_key = *place.value;
    of_key.template wake<Time>() = detail::never;
    for (std::size_t i = 0; i < of_key.open.size();) {
      if (due<Time>(of_key.open[i]) > until) ++i;
      else if (!still_ready()) break;
      else if (!fire_window<Time>(k, of_key.open[i])) of_key.open.erase(i, i + 1);
    }
    if constexpr (global) drop_spent(of_key);
    set_wakes(k, hash, of_key);
    if (of_key.idle()) windows_->erase(k, hash);
  }
  /// Does the first thing that is due for a window; whether it is to be kept.
  template <window_time Time>
  bool fire_window(key const& k, window& w) {
    constexpr bool has_timers = Time == window_time::event ? window::has_event_timers : window::has_processing_timers;
    try {
      if constexpr (has_timers)
        if (first_timer<Time>(w) <= bound<Time>(w)) {
          calls_.template on_timer<Time>(k, w);
          return true;
        }
      if (w.ended) return false;
      calls_.on_end(k, w, w.end - duration{1});
      return by_event && (lateness_.count() > 0 || first_timer<Time>(w) <= bound<Time>(w));
    } catch (...) {
      fail(about_window(k, w));
    }
  }
  std::string about_window(key const& k, window const& w) const {
    std::string text = "the window was from ";
    append_time(text, w.start);
    append_time(text += " to ", w.end);
    if constexpr (!std::is_same_v<key, whole_stream>) text += " of key " + to_json(k);
    return text;
  }

  /// The time of day as windows see it does not go back.
  void read_clock() { wall_ = std::max(wall_, context().clock->wall()); }
  void schedule_look() {
    if constexpr (wakes::template has<window_time::processing>) {
      timestamp const next = wakes_.template next<window_time::processing>();
      if (next == scheduled_) return;
      scheduled_ = next;
      if (next == end_of_time) return look_at(never);
      // The time of day may be set: it is looked at again after an hour at most.
      duration const wait = next <= wall_ ? duration{0} : std::min<duration>(saturating_add(next, -wall_.time_since_epoch()).time_since_epoch(), std::chrono::hours(1));
      look_at(context().clock->now() + wait);
    }
  }
  void flush() {
    calls_.out().flush();
    late_.flush();
  }

  Placement placement_;
  trigger_calls<Placement::time, Trigger, Fold> calls_;
  duration lateness_;

  table<key, windows>* windows_ = nullptr;
  flow::fired_until* fired_until_ = nullptr;
  wakes wakes_;
  typename wakes::wake wake_;
  timestamp firing_until_ = no_watermark;   // the watermark that is passed on when what it made due is done
  timestamp machine_until_ = no_watermark;  // the time of day up to which what was due at the last look is being done
  timestamp scheduled_ = end_of_time;       // what the next look is for
  timestamp wall_ = no_watermark;
  timestamp at_ = no_watermark;  // by what time the record at hand is placed
  std::size_t done_ = 0;         // in how many of its windows it is already
  bool stamped_ = false;
  output<record> late_;
};

}  // namespace flow
