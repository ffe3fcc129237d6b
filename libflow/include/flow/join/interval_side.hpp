#pragma once
// What one side of an interval join has kept: records by key and span of time, and when each is no longer needed.
//
// A span is a power of two of microseconds, at least as long as the join's interval: the partners of a record lie in at most two.
// A span of a key is looked at twice: when its first record falls due, and when any that could be in it has. It is dropped when
// all its records are over: at once where few are, else at most a thirty-second of the time that a record is kept later.

#include <bit>

#include <flow/join/due_rows.hpp>
#include <flow/record/encoding.hpp>

namespace flow {

/// A record that waits for partners.
template <class T>
struct waiting_record {
  T record{};
  timestamp at{};
  bool settled = false;  // had a partner, or has been given out without one
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(record), CEREAL_NVP(at), CEREAL_NVP(settled)); }
};

template <key_type K, class T>
class interval_side {
 public:
  using rows = keyed_rows<K, waiting_record<T>>;
  using due_row = typename due_rows<K>::item;

  /// `width`: of the interval; `reach`: from a record to the last instant that a partner may have; `keeps`: whether records
  /// without a partner are given out.
  interval_side(duration width, duration reach, bool keeps)
      : reach_(reach), span_(static_cast<int>(std::bit_width(static_cast<std::uint64_t>(width.count())))), keeps_(keeps), alone_(slot()), cleaning_(slot()) {}

  /// Takes up what is in the table.
  void attach(typename rows::table_type& state) {
    rows_.attach(state);
    alone_.clear();
    cleaning_.clear();
    rows_.for_each([this](row_key<K> const& k, row_part<waiting_record<T>> const& part) {
      std::uint64_t const hash = hash_of(k.key);
      if (k.part == 0) cleaning_.add(bucket_due(k.bucket), {k.key, hash, k.bucket, bucket_due(k.bucket)});
      for (std::uint32_t i = 0; keeps_ && i < part.rows.size(); ++i)
        if (!part.rows[i].settled) alone_.add({due_at(part.rows[i].at), hash, k.bucket, {k.part, i}, k.key});
    });
  }
  std::int64_t bucket_of(timestamp t) const { return t.time_since_epoch().count() >> span_; }
  /// The watermark at which no partner of a record of this time can come any more.
  timestamp due_at(timestamp t) const { return saturating_add(t, reach_); }
  bool keeps() const { return keeps_; }
  rows& all() { return rows_; }

  void add(K const& key, std::uint64_t key_hash, T const& record, timestamp t, bool settled) {
    std::int64_t const bucket = bucket_of(t);
    row_place const place = rows_.add(key, key_hash, bucket, {record, t, settled});
    if (place == row_place{}) cleaning_.add(due_at(t), {key, key_hash, bucket, due_at(t)});
    if (keeps_ && !settled) alone_.add({due_at(t), key_hash, bucket, place, key});
  }
  /// The next record that has had no partner and gets none at this watermark, or null; `due` is for the caller's use. It counts as
  /// given out.
  waiting_record<T> const* take_alone(timestamp watermark, due_row& due) {
    while (alone_.take(watermark, due)) {
      auto const [row, mark] = rows_.at(due.key, due.key_hash, due.bucket, due.place);
      if (row->settled) continue;
      mark.mark();
      row->settled = true;
      return row;
    }
    return nullptr;
  }
  /// Drops what is over at the watermark, at most `most` spans; whether that was all. Records alone have been taken before.
  bool clean(timestamp watermark, std::uint32_t most) {
    for (; most > 0; --most) {
      while (next_ == over_.size()) {
        over_.clear();
        next_ = 0;
        if (!cleaning_.take(cleaning_.last_over(watermark), over_)) cleaning_.take_from_few(watermark, few, over_);
        if (over_.empty()) return true;
      }
      if (next_ + ahead < over_.size()) rows_.prefetch(over_[next_ + ahead].key_hash, over_[next_ + ahead].bucket);
      drop_if_over(over_[next_++], watermark);
    }
    return false;
  }

 private:
  /// A span of a key that is to be looked at: when its first record is due, or when all that could be in it are.
  struct due_span {
    K key{};
    std::uint64_t key_hash = 0;
    std::int64_t bucket = 0;
    timestamp at{};
  };
  static constexpr std::size_t ahead = 8, few = 64;

  /// A slot is a thirty-second of the time that a record is kept, but at least a millisecond: there must not be too many.
  int slot() const {
    auto const kept = static_cast<std::uint64_t>(std::max(reach_.count(), std::int64_t{1} << span_));
    return std::max(static_cast<int>(std::bit_width(kept)) - 5, 10);
  }
  timestamp bucket_due(std::int64_t bucket) const {
    std::int64_t const last = static_cast<std::int64_t>(static_cast<std::uint64_t>(bucket) << span_ | ((std::uint64_t{1} << span_) - 1));
    return due_at(timestamp{duration{last}});
  }
  void drop_if_over(due_span& s, timestamp watermark) {
    row_place from;
    timestamp const end = bucket_due(s.bucket);
    bool const over = end <= watermark ||
                      rows_.walk(s.key, s.key_hash, s.bucket, from, [&](auto const& row, auto const&) { return due_at(row.at) <= watermark; });
    if (over) return rows_.drop(s.key, s.key_hash, s.bucket);
    s.at = end;
    cleaning_.add(end, std::move(s));
  }

  rows rows_;
  duration reach_;
  int span_;
  bool keeps_;
  due_rows<K> alone_;
  calendar<due_span> cleaning_;
  std::vector<due_span> over_;  // the slot that is being cleaned, from `next_` on
  std::size_t next_ = 0;
};

}  // namespace flow
