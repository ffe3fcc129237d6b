#pragma once
// Rows of a key in numbered buckets: lists in declared state, of which a snapshot writes what has changed.
//
// What a bucket's number means is up to the user of this: a span of time, mostly. The rows of a bucket stay in the order in
// which they were added, and where they are, until the bucket is dropped. They lie in parts of at most 64: a part is an entry
// of the table, so growth copies few rows and a change writes few. The memory of dropped parts is used again.
//
// References to rows are valid until rows are added or dropped. Expected O(1) to add, to find a bucket and per row walked.

#include <array>
#include <span>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/state/keyed_table.hpp>

namespace flow {

/// The key of a part in its table. The leading half of the hash is the key's, so that a part is in its key's group.
template <key_type K>
struct row_key {
  K key{};
  std::int64_t bucket = 0;
  std::uint32_t part = 0;

  bool operator==(row_key const&) const = default;
  std::uint64_t hash() const { return hash_with(hash_of(key), bucket, part); }
  static std::uint64_t hash_with(std::uint64_t key_hash, std::int64_t bucket, std::uint32_t part) {
    std::uint64_t const number = static_cast<std::uint64_t>(bucket) * 0x9E3779B97F4A7C15 + part;
    return (key_hash >> 32 << 32) | (mix_hash(key_hash ^ number) >> 32);
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(bucket), CEREAL_NVP(part)); }
};

template <class Row>
struct row_part {
  std::vector<Row> rows;
  std::uint32_t parts = 1;  // of the bucket; told in the first
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(rows), CEREAL_NVP(parts)); }
};

/// A row within its bucket.
struct row_place {
  std::uint32_t part = 0;
  std::uint32_t row = 0;
  bool operator==(row_place const&) const = default;
};

template <key_type K, class Row>
class keyed_rows {
 public:
  using table_type = keyed_table<row_key<K>, row_part<Row>>;
  using mark = table_place<row_part<Row>>;
  static constexpr std::uint32_t rows_per_part = 64;

  void attach(table_type& state) { parts_ = &state.all(); }
  /// Parts of all buckets.
  std::size_t parts() const { return parts_->size(); }
  /// Calls `f(key, part)` for all parts, in no order.
  template <class F>
  void for_each(F f) const { parts_->for_each(f); }

  /// Loads what the bucket's first part will most likely touch.
  [[gnu::always_inline]] void prefetch(std::uint64_t key_hash, std::int64_t bucket) const {
    if (parts_->size() > worth_prefetching) parts_->prefetch(row_key<K>::hash_with(key_hash, bucket, 0));
  }
  /// Appends to a bucket; the first place says that the bucket is new.
  row_place add(K const& key, std::uint64_t key_hash, std::int64_t bucket, Row row) {
    row_part<Row>* first = &insert(key, key_hash, bucket, 0);
    std::uint32_t last = first->parts - 1;
    row_part<Row>* part = last == 0 ? first : &insert(key, key_hash, bucket, last);
    if (part->rows.size() == rows_per_part) {
      if (last != 0) first = &insert(key, key_hash, bucket, 0);  // it may have been moved
      last = first->parts++;
      part = &insert(key, key_hash, bucket, last);
    }
    if (part->rows.size() == part->rows.capacity()) grow(part->rows);
    part->rows.push_back(std::move(row));
    return {last, static_cast<std::uint32_t>(part->rows.size() - 1)};
  }
  /// A row, and what is to be marked when it is changed; null where the bucket has been dropped.
  std::pair<Row*, mark> at(K const& key, std::uint64_t key_hash, std::int64_t bucket, row_place where) {
    mark const part = locate(key, key_hash, bucket, where.part);
    return {part.value ? &part.value->rows[where.row] : nullptr, part};
  }
  /// Calls `f(row, mark)` for the rows of a bucket from `from` on, as long as it gives true; `from` is then the first row that
  /// is left. Whether it came to the end.
  template <class F>
  bool walk(K const& key, std::uint64_t key_hash, std::int64_t bucket, row_place& from, F f) {
    mark part = locate(key, key_hash, bucket, 0);
    if (!part.value) return true;
    for (std::uint32_t const parts = part.value->parts; from.part < parts; from = {from.part + 1, 0}) {
      if (from.part != 0) part = locate(key, key_hash, bucket, from.part);
      auto& rows = part.value->rows;
      for (; from.row < rows.size(); ++from.row)
        if (!f(rows[from.row], part)) return false;
    }
    return true;
  }
  /// Appends the parts of a bucket to `into`, in order.
  void list(K const& key, std::uint64_t key_hash, std::int64_t bucket, std::vector<std::span<Row const>>& into) {
    mark part = locate(key, key_hash, bucket, 0);
    if (!part.value) return;
    into.push_back(part.value->rows);
    for (std::uint32_t p = 1, parts = part.value->parts; p < parts; ++p) into.push_back(locate(key, key_hash, bucket, p).value->rows);
  }
  void drop(K const& key, std::uint64_t key_hash, std::int64_t bucket) {
    mark const first = locate(key, key_hash, bucket, 0);
    if (!first.value) return;
    for (std::uint32_t p = first.value->parts; p-- > 0;) {
      mark const part = p == 0 && wanted_.part == 0 ? first : locate(key, key_hash, bucket, p);
      part.mark();  // the rows are taken out before the removal is told
      give_back(std::move(part.value->rows));
      parts_->erase(wanted_, wanted_.hash_with(key_hash, bucket, p));
    }
  }

 private:
  /// A part's key, in a place of its own: assigning keeps the memory that strings have.
  row_key<K> const& wanted(K const& key, std::int64_t bucket, std::uint32_t part) {
    wanted_.key = key;
    wanted_.bucket = bucket;
    wanted_.part = part;
    return wanted_;
  }
  mark locate(K const& key, std::uint64_t key_hash, std::int64_t bucket, std::uint32_t part) {
    return parts_->locate(wanted(key, bucket, part), wanted_.hash_with(key_hash, bucket, part));
  }
  row_part<Row>& insert(K const& key, std::uint64_t key_hash, std::int64_t bucket, std::uint32_t part) {
    return parts_->find_or_insert(wanted(key, bucket, part), wanted_.hash_with(key_hash, bucket, part));
  }

  static constexpr std::size_t worth_prefetching = 4096;

  // Lists have room for 1, 4, 16 or 64 rows; those that are left are kept by size.
  static constexpr std::array<std::size_t, 4> sizes{1, 4, 16, rows_per_part};
  static std::size_t size_class(std::vector<Row> const& rows) {
    std::size_t c = sizes.size();
    while (c > 0 && rows.capacity() < sizes[c - 1]) --c;
    return c;
  }
  void grow(std::vector<Row>& rows) {
    auto& spare = spare_[size_class(rows)];
    std::vector<Row> larger;
    if (spare.empty()) {
      larger.reserve(sizes[size_class(rows)]);
    } else {
      larger = std::move(spare.back());
      spare.pop_back();
    }
    for (auto& r : rows) larger.push_back(std::move(r));
    rows.swap(larger);
    give_back(std::move(larger));
  }
  void give_back(std::vector<Row> rows) {
    rows.clear();
    if (std::size_t const c = size_class(rows); c > 0) spare_[c - 1].push_back(std::move(rows));
  }

  table<row_key<K>, row_part<Row>>* parts_ = nullptr;
  row_key<K> wanted_;
  std::array<std::vector<std::vector<Row>>, sizes.size()> spare_;
};

}  // namespace flow
