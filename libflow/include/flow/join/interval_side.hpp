#pragma once
// What one side of an interval join has kept: records by key and span of time, and when each is no longer needed.
//
// A span is a power of two of microseconds, at least as long as the join's interval: the partners of a record lie in at most two.
// A span is dropped when the watermark has passed what its youngest record waits for, looked at twice: when its first record
// falls due, and when any that could be in it has.

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
  using item = typename due_rows<K>::item;

  /// `width`: of the interval; `reach`: from a record to the last instant that a partner may have; `keeps`: whether records
  /// without a partner are given out.
  interval_side(duration width, duration reach, bool keeps)
      : reach_(reach), span_(std::bit_width(static_cast<std::uint64_t>(width.count()))), keeps_(keeps) {}

  /// Takes up what is in the table.
  void attach(typename rows::table_type& state) {
    rows_.attach(state);
    due_.clear();
    rows_.for_each([this](row_key<K> const& k, row_part<waiting_record<T>> const& part) {
      std::uint64_t const hash = hash_of(k.key);
      if (k.part == 0) due_.add(bucket_due(k.bucket), k.key, hash, k.bucket, due_rows<K>::whole_bucket);
      for (std::uint32_t i = 0; keeps_ && i < part.rows.size(); ++i)
        if (!part.rows[i].settled) due_.add(due_at(part.rows[i].at), k.key, hash, k.bucket, {k.part, i});
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
    if (place == row_place{}) due_.add(due_at(t), key, key_hash, bucket, due_rows<K>::whole_bucket);
    if (keeps_ && !settled) due_.add(due_at(t), key, key_hash, bucket, place);
  }
  timestamp next_due() const { return due_.first(); }
  /// Takes the next that is due at the watermark: cleans, or gives a record that has had no partner. `found` is that record, or
  /// null; false when nothing is due.
  bool take(timestamp watermark, waiting_record<T>*& found, item& of) {
    found = nullptr;
    if (!due_.take(watermark, of)) return false;
    if (of.place == due_rows<K>::whole_bucket) {
      drop_if_over(of);
      return true;
    }
    auto const [row, mark] = rows_.at(of.key, of.key_hash, of.bucket, of.place);
    if (row->settled) return true;
    row->settled = true;
    mark.mark();
    found = row;
    return true;
  }

 private:
  timestamp bucket_due(std::int64_t bucket) const {
    std::int64_t const last = static_cast<std::int64_t>(static_cast<std::uint64_t>(bucket) << span_ | ((std::uint64_t{1} << span_) - 1));
    return due_at(timestamp{duration{last}});
  }
  void drop_if_over(item const& of) {
    timestamp const end = bucket_due(of.bucket);
    row_place from;
    bool const over = of.at == end || rows_.walk(of.key, of.key_hash, of.bucket, from, [&](auto const& row, auto const&) { return due_at(row.at) <= of.at; });
    if (over) rows_.drop(of.key, of.key_hash, of.bucket);
    else due_.add(end, of.key, of.key_hash, of.bucket, due_rows<K>::whole_bucket);
  }

  rows rows_;
  due_rows<K> due_;
  duration reach_;
  int span_;
  bool keeps_;
};

}  // namespace flow
