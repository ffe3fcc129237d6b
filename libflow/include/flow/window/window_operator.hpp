#pragma once
// The operator of tumbling and sliding event-time windows: folds records into slices, fires windows as the watermark
// passes their ends.
//
// A record is late when all its windows have expired (end - 1 us + allowed lateness <= watermark): it goes to output 1.
// A record behind the watermark whose windows have not all expired updates its slice; windows that have fired already
// are given out again for its key, at once. Results carry the time end - 1 us. Firing is resumable; the watermark is
// passed on when the firing it caused is complete, and no barrier passes before.
//
// What it remembers is declared: the slices, and the watermark up to which it has fired.
//
// Input 1 takes parts of slices that senders have put together (pre_aggregation.hpp): such a part meets the fate of its
// slice. A part of a slice that is late is counted, by its records.

#include <flow/operator/resumable.hpp>
#include <flow/record/json_text.hpp>
#include <flow/record/time_text.hpp>
#include <flow/state/fired_until.hpp>
#include <flow/window/firing.hpp>
#include <flow/window/fold.hpp>
#include <flow/window/gathering.hpp>
#include <flow/window/keyed_partial.hpp>
#include <flow/window/merged_slices.hpp>

namespace flow {

template <window_fold Fold>
class window_operator final : public resumable_operator {
  using record = typename Fold::record;
  using key = typename Fold::key;
  using aggregate = typename Fold::aggregate;
  using part = keyed_partial<key, aggregate>;

 public:
  window_operator(std::string name, window_spec const& spec, Fold fold)
      : resumable_operator(std::move(name), 2), fold_(std::move(fold)), slicing_(spec), walk_(fold_), runs_(slicing_, fold_) {}

  void open() override {
    slices_ = &state().template declare<slices<key, aggregate>>("slices");
    fired_until_ = &state().template declare<flow::fired_until>("fired-until");
    runs_.attach(*slices_);
    out_.attach(*this, 0, context().batch_size);
    late_.attach(*this, 1, context().batch_size);
    out_.begin(true);
    late_.begin(true);
  }
  void watermark(timestamp w) override {
    if (repeats(w, fired_until_->lowest())) return;
    activity_scope const scope(*this);
    firing_until_ = w;
    forget_slice();
    if (!fire()) suspend();
  }

 protected:
  bool run(std::uint32_t input, batch_base const& b) override {
    if constexpr (pre_aggregates<Fold>)
      if (input == 1) return run_through(as<part>(b));
    return run_through(as<record>(b));
  }
  bool continue_firing() override { return fire(); }

 private:
  using walk = std::conditional_t<keeps_records<aggregate>, window_gather<Fold>, window_merge<Fold>>;
  enum class slice_state { none, live, refire, late, gap };
  static constexpr std::uint32_t portion = 64;
  static constexpr std::size_t worth_prefetching = 4096;

  // ---- records, and parts of slices

  template <class In>
  bool run_through(batch<In> const& in) {
    std::uint32_t const n = in.size();
    try {
      while (next_ < n) {
        if (!fired_until_->same_for_all()) [[unlikely]] {
          if (!take_alone(in, next_)) return false;
          ++next_;
          continue;
        }
        if (slice_state_ == slice_state::live) fold_portion(in, std::min(n, next_ + portion));
        if (next_ == n) break;
        timestamp const t = in.timestamps()[next_];
        if (!in_slice(t)) {
          enter_slice(t, fired_until_->lowest());
        } else if (slice_state_ != slice_state::live) {
          if (!process_special(in, next_)) return false;
          ++next_;
        }
      }
    } catch (...) {
      fail(in, next_);
    }
    counters().processed.add(n - set_aside_);
    set_aside_ = 0;
    out_.flush();
    late_.flush();
    return true;
  }

  decltype(auto) key_of(record const& r) const { return fold_.key_of(r); }
  key const& key_of(part const& p) const { return p.key; }
  void add(aggregate& into, record const& r) const { fold_.add(into, r); }
  void add(aggregate& into, part const& p) const { detail::merge_of_key(fold_, p.key, into, p.value); }

  /// The hashes of the records' keys: over the whole stream there is one key, and no column.
  static auto hashes_of(batch_base const& in) {
    struct same_for_all {
      constexpr std::uint64_t operator[](std::size_t) const { return whole_stream{}.hash(); }
    };
    if constexpr (std::is_same_v<key, whole_stream>) return same_for_all{};
    else return in.hashes().data();
  }
  bool in_slice(timestamp t) const { return static_cast<std::uint64_t>((t - span_.begin).count()) < length_; }

  /// The inner loop: folds records as long as they are in the current slice, which is live.
  template <class In>
  void fold_portion(batch<In> const& in, std::uint32_t end) {
    auto& entries = *table_;
    In const* const records = in.data();
    timestamp const* const times = in.timestamps().data();
    auto const hashes = hashes_of(in);
    timestamp const begin = span_.begin;
    std::uint64_t const length = length_;
    if (entries.size() > worth_prefetching)
      for (std::uint32_t i = next_; i < end; ++i) entries.prefetch(hashes[i]);
    std::uint32_t i = next_;
    try {
      for (; i < end && static_cast<std::uint64_t>((times[i] - begin).count()) < length; ++i)
        add(entries.find_or_insert(key_of(records[i]), hashes[i]), records[i]);
    } catch (...) {
      next_ = i;
      throw;
    }
    next_ = i;
  }

  /// A record while not all key groups have fired equally far. False: no room for its results; call again.
  template <class In>
  bool take_alone(batch<In> const& in, std::uint32_t i) {
    std::uint64_t const hash = hashes_of(in)[i];
    enter_slice(in.timestamps()[i], fired_until_->of(hash));
    if (slice_state_ == slice_state::live) add(table_->find_or_insert(key_of(in[i]), hash), in[i]);
    else if (!process_special(in, i)) return false;
    forget_slice();
    return true;
  }

  /// A record that is late, in no window, or in windows that have fired. False: no room for its results; call again.
  template <class In>
  bool process_special(batch<In> const& in, std::uint32_t i) {
    if (slice_state_ == slice_state::gap) {
      counters().filtered.add(1);
      ++set_aside_;
    } else if (slice_state_ == slice_state::late) {
      ++set_aside_;
      if constexpr (std::is_same_v<In, part>) {
        counters().late.add(in[i].records);
      } else {
        counters().late.add(1);
        late_.emit(in[i], in.timestamps()[i]);
      }
    } else {
      auto const& k = key_of(in[i]);
      std::uint64_t const hash = hashes_of(in)[i];
      if (refiring_ == no_watermark) {
        add(table_->find_or_insert(k, hash), in[i]);
        refiring_ = first_refired();
      }
      for (; refiring_ <= last_refired(); refiring_ = slicing_.next_end(refiring_)) {
        if (!still_ready()) return false;
        give(k, refiring_, runs_.of_key(k, hash, slicing_.start_of(refiring_), refiring_));
      }
      refiring_ = no_watermark;
    }
    return true;
  }
  /// Of the current slice's windows that have fired, the first and the last that have not expired.
  timestamp first_refired() const { return std::max(slicing_.first_end(span_.begin), slicing_.first_open(fired_)); }
  timestamp last_refired() const { return std::min(slicing_.last_end(span_.begin), slicing_.last_fired(fired_)); }

  /// Makes the slice of `t` the current one, for keys that have fired up to `fired`. All records of a slice have the same windows, so
  /// they share their fate.
  void enter_slice(timestamp t, timestamp fired) {
    fired_ = fired;
    span_ = slicing_.slice_of(t);
    length_ = static_cast<std::uint64_t>(span_.length.count());
    if (!span_.in_a_window) slice_state_ = slice_state::gap;
    else if (slicing_.expired(slicing_.last_end(span_.begin), fired_)) slice_state_ = slice_state::late;
    else slice_state_ = first_refired() <= last_refired() ? slice_state::refire : slice_state::live;
    if (slice_state_ == slice_state::live || slice_state_ == slice_state::refire) {
      runs_.changing(span_.begin);
      table_ = &slices_->at(span_.begin);
    }
  }
  void forget_slice() {
    slice_state_ = slice_state::none;
    length_ = 0;
    table_ = nullptr;
  }

  // ---- firing

  /// Fires all windows that end up to `firing_until_`; false when the receivers take no more.
  bool fire() {
    if (firing_until_ == no_watermark) return true;
    bool stopped = false;
    while (!stopped && (window_ != no_watermark || next_window())) stopped = !give_window();
    out_.flush();
    if (stopped || holds_batches() || !outputs_ready()) return false;
    timestamp const w = std::exchange(firing_until_, no_watermark);
    fired_until_->raise(w);
    while (!slices_->all().empty() && slicing_.expired(slicing_.last_end(slices_->all().front().begin), w)) slices_->drop_oldest();
    runs_.drop_expired(w);
    forget_slice();
    forward_watermark(w);
    return true;
  }
  /// Finds the next window with records that ends after those fired, up to the watermark.
  bool next_window() {
    timestamp const fired = std::max(fired_until_->lowest(), last_window_ == no_watermark ? no_watermark : last_window_ - duration{1});
    for (auto const& s : slices_->all()) {
      timestamp end = slicing_.first_end(s.begin);
      if (slicing::fired(end, fired)) end = slicing_.end_after(fired + duration{1});
      if (end > slicing_.last_end(s.begin)) continue;
      if (!slicing::fired(end, firing_until_)) return false;
      begin_window(end);
      return true;
    }
    return false;
  }
  void begin_window(timestamp end) {
    window_ = end;
    try {
      walk_.begin(runs_.cover(slicing_.start_of(end), end));
    } catch (...) {
      fail(about_window(end, nullptr));
    }
  }
  bool give_window() {
    typename walk::entry const* e = nullptr;
    while (still_ready()) {
      try {
        e = walk_.next();
      } catch (...) {
        fail(about_window(window_, nullptr));
      }
      if (!e) {
        last_window_ = std::exchange(window_, no_watermark);
        return true;
      }
      if (fired_until_->same_for_all() || !slicing::fired(window_, fired_until_->of(hash_of(e->key)))) give(e->key, window_, e->value);
    }
    return false;
  }
  void give(key const& k, timestamp end, aggregate const& a) {
    out_.stamp(end - duration{1});
    try {
      fold_.give(detail::window_of_key(k, slicing_.start_of(end), end), a, out_);
    } catch (...) {
      fail(about_window(end, &k));
    }
  }
  std::string about_window(timestamp end, key const* k) const {
    std::string text = "the window was from ";
    append_time(text, slicing_.start_of(end));
    append_time(text += " to ", end);
    if constexpr (!std::is_same_v<key, whole_stream>)
      if (k) text += " of key " + to_json(*k);
    return text;
  }

  Fold fold_;
  slicing slicing_;
  slices<key, aggregate>* slices_ = nullptr;
  flow::fired_until* fired_until_ = nullptr;

  // The slice of the record before: most records are in the same one.
  slice_span span_{};
  std::uint64_t length_ = 0;
  slice_state slice_state_ = slice_state::none;
  timestamp fired_ = no_watermark;  // how far its keys have fired
  table<key, aggregate>* table_ = nullptr;

  // A batch that waits for room downstream.
  std::uint32_t set_aside_ = 0;
  timestamp refiring_ = no_watermark;

  // The firing under way.
  timestamp firing_until_ = no_watermark;  // the watermark that caused it; none: nothing fires
  timestamp window_ = no_watermark;        // the end of the window being given out; none: the next is to be found
  timestamp last_window_ = no_watermark;   // the end of the window that was given out last
  walk walk_;
  merged_slices<Fold> runs_;

  output<typename Fold::out> out_;
  output<record> late_;
};

}  // namespace flow
