#pragma once
// Aggregates: value types with add, merge and result.
//
// A user's aggregate is a default-made value with
//     void add(Record const&);            one record
//     void merge(Aggregate const&);       another partial aggregate of the same window
//     Result result() const;
// and a `serialize` member, since it is state. `merge` must not depend on the order in which records were added.
//
// Ready ones are of a member, a member function or a function of the record (aggregates/selector.hpp): those here, and
// distinct_count, approximate_distinct_count, top, most_frequent and quantiles in the folder aggregates/.

#include <algorithm>
#include <concepts>
#include <functional>
#include <cstdint>
#include <type_traits>

#include <flow/record/encoding.hpp>
#include <flow/window/aggregates/distinct_count.hpp>
#include <flow/window/aggregates/quantiles.hpp>
#include <flow/window/aggregates/selector.hpp>
#include <flow/window/aggregates/top.hpp>

namespace flow {

template <class A>
using result_of = std::decay_t<decltype(std::declval<A const&>().result())>;

template <class A, class T>
concept aggregate_of = std::default_initializable<A> && std::copyable<A> && requires(A a, A const& other, T const& record) {
  a.add(record);
  a.merge(other);
  other.result();
};

namespace detail {
/// Sums of integers are kept in 64 bits, of floating point in double.
template <class V>
using sum_of = std::conditional_t<std::is_floating_point_v<V>, double, std::conditional_t<std::is_signed_v<V>, std::int64_t, std::uint64_t>>;
}  // namespace detail

/// The number of records.
struct count {
  std::int64_t records = 0;
  template <class T>
  void add(T const&) { ++records; }
  void merge(count const& other) { records += other.records; }
  std::int64_t result() const { return records; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(records)); }
};

/// The sum of a member or function.
template <auto Selector>
struct sum {
  detail::sum_of<detail::value_of<Selector>> total = 0;
  void add(detail::owner_of<Selector> const& record) { total += detail::selected<Selector>(record); }
  void merge(sum const& other) { total += other.total; }
  auto result() const { return total; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(total)); }
};

/// The arithmetic mean of a member or function; 0 of no records.
template <auto Selector>
struct mean {
  std::int64_t records = 0;
  detail::sum_of<detail::value_of<Selector>> total = 0;
  void add(detail::owner_of<Selector> const& record) {
    ++records;
    total += detail::selected<Selector>(record);
  }
  void merge(mean const& other) {
    records += other.records;
    total += other.total;
  }
  double result() const { return records == 0 ? 0.0 : static_cast<double>(total) / static_cast<double>(records); }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(records), CEREAL_NVP(total)); }
};

namespace detail {
/// The smallest or largest value, by `Better(candidate, best)`.
template <auto Selector, class Better>
struct extreme {
  bool any = false;
  value_of<Selector> best{};
  void add(owner_of<Selector> const& record) { offer(selected<Selector>(record)); }
  void merge(extreme const& other) { if (other.any) offer(other.best); }
  value_of<Selector> result() const { return best; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(any), CEREAL_NVP(best)); }

 private:
  void offer(value_of<Selector> const& candidate) {
    if (any && !Better{}(candidate, best)) return;
    best = candidate;
    any = true;
  }
};
}  // namespace detail

/// The smallest value of a member or function; a default-made one of no records.
template <auto Selector>
using min = detail::extreme<Selector, std::less<>>;
/// The largest value of a member or function; a default-made one of no records.
template <auto Selector>
using max = detail::extreme<Selector, std::greater<>>;

}  // namespace flow
