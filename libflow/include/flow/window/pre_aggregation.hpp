#pragma once
// Aggregates in front of the hash exchange of keyed tumbling and sliding windows: what a sender has of a key and slice
// crosses the exchange as one partial, where keys repeat.
//
// Output 0 are partials, output 1 records as they came: those of slices that have fired by this sender's watermark or that
// are in no window, and all of them while partials would stand for too few records (aggregation_gauge.hpp).
//
// A partial goes out before the watermark that fires its slice, before an idle mark, a barrier and the end, and when the
// table has become as large as fits a core's cache. Nothing a receiver gives out waits for more than that. So no receiver
// whose watermark follows its senders' finds a partial of a slice that has fired; one whose sender was idle may.
//
// What it holds is in no snapshot: a barrier takes it along. There is then no more on the way than was held before.

#include <flow/operator/resumable.hpp>
#include <flow/window/aggregation_gauge.hpp>
#include <flow/window/keyed_partial.hpp>
#include <flow/window/slice_tables.hpp>
#include <flow/window/windows.hpp>

namespace flow {

template <window_fold Fold>
  requires pre_aggregates<Fold>
class pre_aggregation_operator final : public resumable_operator {
  using record = typename Fold::record;
  using key = typename Fold::key;
  using part = keyed_partial<key, typename Fold::aggregate>;
  struct held {
    typename Fold::aggregate value{};
    std::uint64_t records = 0;
  };
  using table_type = table<key, held>;

 public:
  pre_aggregation_operator(std::string name, window_spec const& spec, Fold fold)
      : resumable_operator(std::move(name), 2), fold_(std::move(fold)), slicing_(spec) {}

  void open() override {
    renew<part>(partials_, context().batch_size);
    renew<record>(records_, context().batch_size);
  }
  void watermark(timestamp w) override {
    if (repeats(w, watermark_)) return;
    activity_scope const scope(*this);
    watermark_ = w;
    forget_slice();
    start_sending(w, control::watermark);
  }
  void idle() override {
    activity_scope const scope(*this);
    start_sending(end_of_time, control::idle);
  }
  /// A barrier takes along what is held, also where receivers take no more: it only moves from here to the channels.
  void settle_state() override {
    activity_scope const scope(*this);
    room_needed_ = false;
    send(end_of_time);
    room_needed_ = true;
  }

 protected:
  bool hand_on(std::uint32_t, batch_ref& b) override {
    if (gauge_.aggregating()) return false;
    std::uint32_t const n = b->size();
    gauge_.handed_on(n);
    counters().processed.add(n);
    push(1, b);
    return true;
  }
  bool run(std::uint32_t, batch_base const& b) override {
    auto const& in = as<record>(b);
    std::uint32_t const n = in.size();
    while (next_ < n) {
      if (full()) sending_until_ = end_of_time;
      if (sending_until_ != no_watermark && !send(sending_until_)) return false;
      try {
        take_some(in);
      } catch (...) {
        fail(in, next_);
      }
    }
    counters().processed.add(n);
    if (!records_->empty()) push(1, records_);
    return true;
  }
  bool continue_firing() override {
    if (sending_until_ != no_watermark && !send(sending_until_)) return false;
    if (holds_batches() || !outputs_ready()) return passes_on_ == control::none;
    switch (std::exchange(passes_on_, control::none)) {
      case control::watermark: forward_watermark(watermark_); break;
      case control::idle: operator_base::idle(); break;
      case control::none: break;
    }
    return true;
  }

 private:
  enum class control { none, watermark, idle };
  static constexpr std::uint32_t portion = 64;
  static constexpr std::size_t worth_prefetching = 4096;
  static constexpr std::size_t most_entries = std::clamp<std::size_t>((256 << 10) / sizeof(typename table_type::entry), 512, 16384);
  static constexpr std::size_t most_slices = 16;

  // ---- records

  bool full() const { return held_.size() > most_slices || held_.entries() >= most_entries; }
  bool in_slice(timestamp t) const { return static_cast<std::uint64_t>((t - span_.begin).count()) < length_; }

  /// Takes records from `next_` on: up to 64 of one slice, or one that is handed on.
  void take_some(batch<record> const& in) {
    timestamp const t = in.timestamps()[next_];
    if (!in_slice(t)) enter_slice(t);
    if (table_) return fold_portion(in, std::min(in.size(), next_ + portion));
    std::uint32_t const at = records_->size();
    records_->add_timestamps()[at] = t;
    records_->add_hashes()[at] = in.hashes()[next_];
    as<record>(*records_).emplace_back(in[next_]);
    if (records_->room() == 0) push(1, records_);
    ++next_;
  }
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
      for (; i < end && static_cast<std::uint64_t>((times[i] - begin).count()) < length; ++i) {
        held& of_key = entries.find_or_insert(fold_.key_of(records[i]), hashes[i]);
        fold_.add(of_key.value, records[i]);
        ++of_key.records;
      }
    } catch (...) {
      next_ = i;
      throw;
    }
    aggregated_ += i - next_;
    next_ = i;
  }
  /// Makes the slice of `t` the current one; no table where its records are handed on.
  void enter_slice(timestamp t) {
    span_ = slicing_.slice_of(t);
    length_ = static_cast<std::uint64_t>(span_.length.count());
    bool const open = span_.in_a_window && !slicing::fired(slicing_.first_end(span_.begin), watermark_);
    table_ = open ? &held_.at(span_.begin) : nullptr;
  }
  void forget_slice() {
    length_ = 0;
    table_ = nullptr;
  }

  // ---- partials

  void start_sending(timestamp until, control then) {
    sending_until_ = until;
    passes_on_ = then;
    if (!continue_firing()) suspend();
  }
  /// Sends the slices of which a window fires up to `until`; false when the receivers take no more.
  bool send(timestamp until) {
    sending_until_ = until;
    while (!held_.empty() && slicing::fired(slicing_.first_end(held_.oldest().begin), until)) {
      if (!send_oldest()) return false;
      held_.drop_oldest();
      forget_slice();
    }
    if (!partials_->empty()) push_partials();
    sending_until_ = no_watermark;
    gauge_.aggregated(std::exchange(aggregated_, 0), std::exchange(sent_, 0));
    return true;
  }
  /// A segment of the table at a time.
  bool send_oldest() {
    auto const& oldest = held_.oldest();
    for (bool more = true; more;) {
      if (room_needed_ && !still_ready()) return false;
      std::uint64_t const last = oldest.entries->segment_end(next_hash_);
      oldest.entries->for_each_between(next_hash_, last, [&](auto const& e) { emit(e.key, e.value, oldest.begin); });
      next_hash_ = last + 1;  // 0 after the last
      more = next_hash_ != 0;
    }
    return true;
  }
  void emit(key const& k, held const& h, timestamp begin) {
    std::uint32_t const at = partials_->size();
    partials_->add_timestamps()[at] = begin;
    partials_->add_hashes()[at] = hash_of(k);
    as<part>(*partials_).emplace_back(part{k, h.value, h.records});
    ++sent_;
    if (partials_->room() == 0) push_partials();
  }
  void push_partials() {
    if (room_needed_) push(0, partials_);
    else port(0).push(partials_, counters());
  }

  Fold fold_;
  slicing slicing_;
  slice_tables<key, held> held_;
  aggregation_gauge gauge_;
  std::uint64_t aggregated_ = 0, sent_ = 0;  // records and partials that the gauge does not know yet
  timestamp watermark_ = no_watermark;

  // The slice of the record before.
  slice_span span_{};
  std::uint64_t length_ = 0;
  table_type* table_ = nullptr;

  // What is being sent, and how far that has come.
  timestamp sending_until_ = no_watermark;
  std::uint64_t next_hash_ = 0;
  bool room_needed_ = true;
  control passes_on_ = control::none;  // when it has been sent

  batch_ref partials_, records_;
};

}  // namespace flow
