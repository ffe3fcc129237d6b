#pragma once
// The first records by a value, and the values that come most often.

#include <algorithm>
#include <concepts>
#include <functional>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/record/encoding.hpp>
#include <flow/window/aggregates/selector.hpp>
#include <flow/window/aggregates/value_table.hpp>

namespace flow {

namespace detail {
/// Whether the encoding of one comes before that of the other: an order of anything that is described.
template <class T>
bool encoded_before(T const& a, T const& b) {
  thread_local bytes encoded_a, encoded_b;  // keep their capacity
  encoded_a.clear();
  encoded_b.clear();
  encoder to_a(encoded_a), to_b(encoded_b);
  to_a(a);
  to_b(b);
  return encoded_a < encoded_b;
}
}  // namespace detail

/// The N records with the largest value of a member or function, largest first, as a vector; with `std::less<>` the
/// smallest. Of equal values those whose encodings come first: the result does not depend on the order of records. Values
/// that are no number are left out. Remembers N records.
template <std::size_t N, auto Selector, class Order = std::greater<>>
struct top {
  static_assert(N > 0, "top needs a number of records above 0");
  using record = detail::owner_of<Selector>;
  std::vector<record> best;  // sorted

  void add(record const& r) { offer(r); }
  void merge(top const& other) {
    for (auto const& r : other.best) offer(r);
  }
  std::vector<record> const& result() const { return best; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(best)); }

 private:
  static bool before(record const& a, record const& b) {
    auto const& of_a = detail::selected<Selector>(a);
    auto const& of_b = detail::selected<Selector>(b);
    if (Order{}(of_a, of_b)) return true;
    return !Order{}(of_b, of_a) && detail::encoded_before(a, b);
  }
  void offer(record const& r) {
    if constexpr (std::is_floating_point_v<detail::value_of<Selector>>)
      if (detail::selected<Selector>(r) != detail::selected<Selector>(r)) return;
    if (best.size() == N && !before(r, best.back())) return;
    auto const place = std::upper_bound(best.begin(), best.end(), r, before) - best.begin();
    if (best.size() == N) best.pop_back();
    best.insert(best.begin() + place, r);
  }
};

/// A value and how many records have it.
template <class V>
struct value_count {
  V value{};
  std::int64_t records = 0;
  bool operator==(value_count const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(value), CEREAL_NVP(records)); }
};

/// The N values of a member or function that most records have, most frequent first, as a vector of `value_count`. Of equal
/// counts the smaller value, or that whose encoding comes first. Exact; remembers every value with its count, so its
/// memory grows with the number of different values.
template <std::size_t N, auto Selector>
struct most_frequent {
  static_assert(N > 0, "most_frequent needs a number of values above 0");
  using value = detail::value_of<Selector>;
  static_assert(key_type<value>, "most_frequent counts values that may be keys: comparable with ==, described, no floating point, views or pointers");
  detail::value_table<value_count<value>, &value_count<value>::value> counts;

  void add(detail::owner_of<Selector> const& record) { count(detail::selected<Selector>(record), 1); }
  void merge(most_frequent const& other) {
    for (auto const& c : other.counts.entries()) count(c.value, c.records);
  }
  std::vector<value_count<value>> result() const {
    std::vector<value_count<value>> found(std::min(N, counts.entries().size()));
    std::partial_sort_copy(counts.entries().begin(), counts.entries().end(), found.begin(), found.end(), before);
    return found;
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(counts)); }

 private:
  void count(value const& v, std::int64_t records) {
    if (auto* const known = counts.find(v)) known->records += records;
    else counts.insert({v, records});
  }
  static bool before(value_count<value> const& a, value_count<value> const& b) {
    if (a.records != b.records) return a.records > b.records;
    if constexpr (std::totally_ordered<value>) return a.value < b.value;
    else return detail::encoded_before(a.value, b.value);
  }
};

}  // namespace flow
