#pragma once
// The operator of tumbling and sliding event-time windows: folds records into slices, fires windows as the watermark
// passes their ends.
//
// A record is late when all its windows have expired (end - 1 us + allowed lateness <= watermark): it goes to output 1.
// A record behind the watermark whose windows have not all expired updates its slice; windows that have fired already
// are given out again for its key, at once. Results carry the time end - 1 us. Firing is resumable; the watermark is
// passed on when the firing it caused is complete.
//
// What it remembers is declared: the slices, the watermark up to which it has fired, and how far a firing under way has
// come.

#include <flow/operator/output.hpp>
#include <flow/record/json_text.hpp>
#include <flow/record/time_text.hpp>
#include <flow/window/aggregates.hpp>
#include <flow/window/firing.hpp>
#include <flow/window/merged_slices.hpp>
#include <flow/window/windowed.hpp>

namespace flow {

/// How a record of a keyed stream enters an aggregate.
template <class T, class Selector, class A>
struct keyed_input {
  using record = T;
  using key = std::decay_t<std::invoke_result_t<Selector const&, T const&>>;
  using aggregate = A;
  Selector select;

  decltype(auto) key_of(T const& r) const { return std::invoke(select, r); }
  static void fold(A& into, T const& r) { into.add(r); }
};

template <class Input>
class window_operator final : public operator_base {
  using record = typename Input::record;
  using key = typename Input::key;
  using aggregate = typename Input::aggregate;
  using result = windowed<key, result_of<aggregate>>;

 public:
  window_operator(std::string name, window_spec const& spec, Input input)
      : operator_base(std::move(name), 2), input_(std::move(input)), slicing_(spec), runs_(slicing_) {}

  void open() override {
    slices_ = &state().template declare<slices<key, aggregate>>("slices");
    fired_until_ = &state().template value<timestamp>("fired-until", no_watermark);
    firing_ = &state().template value<firing_position>("firing");
    runs_.attach(*slices_);
    renew<result>(out_, context().batch_size);
    renew<record>(late_, context().batch_size);
  }
  void watermark(timestamp w) override {
    if (w <= *fired_until_) return;
    activity_scope const scope(*this);
    firing_->until = w;
    forget_slice();
    if (!fire()) suspend();
  }
  /// Brings the declared position of a firing up to date; a barrier passes.
  void pass(barrier const& b) override {
    if (firing_->window != no_watermark && merge_.finished()) end_window();
    firing_->next_hash = merge_.position();
    operator_base::pass(b);
  }
  bool may_pass_barrier() const override { return !suspended() || (!holds_batches() && rest_done() && merge_.between_portions()); }

 protected:
  void process(batch_ref& b) override {
    next_ = 0;
    if (!run(*b)) {
      std::swap(b, rest_);
      if (b && b.unique()) b->clear();
      suspend();
    }
  }
  bool continue_output() override {
    if (!rest_done()) {
      if (!run(*rest_)) return false;
      if (rest_.unique()) rest_->clear(); else rest_ = {};
    }
    return fire();
  }

 private:
  enum class slice_state { none, live, refire, late, gap };
  static constexpr std::uint32_t portion = 64;
  static constexpr std::size_t worth_prefetching = 4096;

  bool rest_done() const { return !rest_ || rest_->empty(); }

  // ---- records

  bool run(batch_base& b) {
    auto const& in = as<record>(b);
    std::uint32_t const n = in.size();
    try {
      while (next_ < n) {
        if (slice_state_ == slice_state::live) fold_portion(in, std::min(n, next_ + portion));
        if (next_ == n) break;
        timestamp const t = in.timestamps()[next_];
        if (!in_slice(t)) {
          enter_slice(t);
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
    if (!out_->empty()) push(0, out_);
    if (!late_->empty()) push(1, late_);
    return true;
  }
  bool in_slice(timestamp t) const { return static_cast<std::uint64_t>((t - span_.begin).count()) < length_; }

  /// The inner loop: folds records as long as they are in the current slice, which is live.
  void fold_portion(batch<record> const& in, std::uint32_t end) {
    auto& entries = *table_;
    record const* const records = in.data();
    timestamp const* const times = in.timestamps().data();
    std::uint64_t const* const hashes = in.hashes().data();
    timestamp const begin = span_.begin;
    std::uint64_t const length = length_;
    if (entries.size() > worth_prefetching)
      for (std::uint32_t i = next_; i < end; ++i) entries.prefetch(hashes[i]);
    std::uint32_t i = next_;
    try {
      for (; i < end && static_cast<std::uint64_t>((times[i] - begin).count()) < length; ++i)
        input_.fold(entries.find_or_insert(input_.key_of(records[i]), hashes[i]), records[i]);
    } catch (...) {
      next_ = i;
      throw;
    }
    next_ = i;
  }

  /// A record that is late, in no window, or in windows that have fired. False: no room for its results; call again.
  bool process_special(batch<record> const& in, std::uint32_t i) {
    if (slice_state_ == slice_state::gap) {
      counters().filtered.add(1);
      ++set_aside_;
    } else if (slice_state_ == slice_state::late) {
      counters().late.add(1);
      ++set_aside_;
      late_->add_timestamps()[late_->size()] = in.timestamps()[i];
      as<record>(*late_).emplace_back(in[i]);
      if (late_->room() == 0) push(1, late_);
    } else {
      auto const& k = input_.key_of(in[i]);
      if (refiring_ == no_watermark) {
        input_.fold(table_->find_or_insert(k, in.hashes()[i]), in[i]);
        refiring_ = first_refired();
      }
      for (; refiring_ <= last_refired(); refiring_ = slicing_.next_end(refiring_)) {
        if (!still_ready()) return false;
        emit(k, refiring_, runs_.of_key(k, in.hashes()[i], slicing_.start_of(refiring_), refiring_).result());
      }
      refiring_ = no_watermark;
    }
    return true;
  }
  /// Of the current slice's windows that have fired, the first and the last that have not expired.
  timestamp first_refired() const { return std::max(slicing_.first_end(span_.begin), slicing_.first_open(*fired_until_)); }
  timestamp last_refired() const { return std::min(slicing_.last_end(span_.begin), slicing_.last_fired(*fired_until_)); }

  /// Makes the slice of `t` the current one. All records of a slice have the same windows, so they share their fate.
  void enter_slice(timestamp t) {
    span_ = slicing_.slice_of(t);
    length_ = static_cast<std::uint64_t>(span_.length.count());
    if (!span_.in_a_window) slice_state_ = slice_state::gap;
    else if (slicing_.expired(slicing_.last_end(span_.begin), *fired_until_)) slice_state_ = slice_state::late;
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

  /// Fires all windows that end up to `firing_->until`; false when the receivers take no more.
  bool fire() {
    if (firing_->until == no_watermark) return true;
    while (firing_->window != no_watermark || next_window())
      if (!emit_window()) return false;
    if (!out_->empty()) push(0, out_);
    if (holds_batches() || !outputs_ready()) return false;
    timestamp const w = std::exchange(firing_->until, no_watermark);
    *fired_until_ = w;
    while (!slices_->all().empty() && slicing_.expired(slicing_.last_end(slices_->all().front().begin), w)) slices_->drop_oldest();
    runs_.drop_expired(w);
    forget_slice();
    forward_watermark(w);
    return true;
  }
  /// Finds the next window with records that ends after those fired, up to the watermark.
  bool next_window() {
    timestamp const fired = std::max(*fired_until_, firing_->last == no_watermark ? no_watermark : firing_->last - duration{1});
    for (auto const& s : slices_->all()) {
      timestamp end = slicing_.first_end(s.begin);
      if (slicing::fired(end, fired)) end = slicing_.end_after(fired + duration{1});
      if (end > slicing_.last_end(s.begin)) continue;
      if (!slicing::fired(end, firing_->until)) return false;
      begin_window(end);
      return true;
    }
    return false;
  }
  void begin_window(timestamp end) {
    firing_->window = end;
    try {
      merge_.begin(runs_.cover(slicing_.start_of(end), end));
    } catch (...) {
      fail(about_window(end, nullptr));
    }
  }
  void end_window() { firing_->last = std::exchange(firing_->window, no_watermark); }
  bool emit_window() {
    typename window_merge<key, aggregate>::entry const* e = nullptr;
    try {
      while (still_ready()) {
        e = nullptr;
        e = merge_.next();
        if (!e) {
          end_window();
          return true;
        }
        emit(e->key, firing_->window, e->value.result());
      }
    } catch (...) {
      fail(about_window(firing_->window, e ? &e->key : nullptr));
    }
    return false;
  }
  std::string about_window(timestamp end, key const* k) const {
    std::string text = "the window was from ";
    append_time(text, slicing_.start_of(end));
    append_time(text += " to ", end);
    if constexpr (!std::is_same_v<key, whole_stream>)
      if (k) text += " of key " + to_json(*k);
    return text;
  }
  void emit(key const& k, timestamp end, result_of<aggregate> value) {
    auto& out = as<result>(*out_);
    out.add_timestamps()[out.size()] = end - duration{1};
    auto& r = out.emplace_back();
    if constexpr (!std::is_same_v<key, whole_stream>) r.key = k; else (void)k;
    r.start = slicing_.start_of(end);
    r.end = end;
    r.value = std::move(value);
    if (out.room() == 0) push(0, out_);
  }

  Input input_;
  slicing slicing_;
  slices<key, aggregate>* slices_ = nullptr;
  timestamp* fired_until_ = nullptr;

  // The slice of the record before: most records are in the same one.
  slice_span span_{};
  std::uint64_t length_ = 0;
  slice_state slice_state_ = slice_state::none;
  table<key, aggregate>* table_ = nullptr;

  // A batch that waits for room downstream.
  batch_ref rest_;
  std::uint32_t next_ = 0;
  std::uint32_t set_aside_ = 0;
  timestamp refiring_ = no_watermark;

  firing_position* firing_ = nullptr;
  window_merge<key, aggregate> merge_;
  merged_slices<key, aggregate> runs_;

  batch_ref out_;
  batch_ref late_;
};

}  // namespace flow
