#pragma once
// Aggregates: value types with add, merge and result.
//
// A user's aggregate is a default-made value with
//     void add(Record const&);            one record
//     void merge(Aggregate const&);       another partial aggregate of the same window
//     Result result() const;
// and a `serialize` member, since it is state. `merge` must not depend on the order in which records were added.

#include <algorithm>
#include <concepts>
#include <functional>
#include <cstdint>
#include <type_traits>

#include <flow/record/encoding.hpp>

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
template <class M>
struct member_of;
template <class C, class V>
struct member_of<V C::*> {
  using owner = C;
  using value = V;
};
template <auto Member>
using owner_of = typename member_of<decltype(Member)>::owner;
template <auto Member>
using value_of = typename member_of<decltype(Member)>::value;
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

/// The sum of a member.
template <auto Member>
struct sum {
  detail::sum_of<detail::value_of<Member>> total = 0;
  void add(detail::owner_of<Member> const& record) { total += record.*Member; }
  void merge(sum const& other) { total += other.total; }
  auto result() const { return total; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(total)); }
};

/// The arithmetic mean of a member; 0 of no records.
template <auto Member>
struct mean {
  std::int64_t records = 0;
  detail::sum_of<detail::value_of<Member>> total = 0;
  void add(detail::owner_of<Member> const& record) {
    ++records;
    total += record.*Member;
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
/// The smallest or largest value of a member, by `Better(candidate, best)`.
template <auto Member, class Better>
struct extreme {
  bool any = false;
  value_of<Member> best{};
  void add(owner_of<Member> const& record) { offer(record.*Member); }
  void merge(extreme const& other) { if (other.any) offer(other.best); }
  value_of<Member> result() const { return best; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(any), CEREAL_NVP(best)); }

 private:
  void offer(value_of<Member> const& candidate) {
    if (any && !Better{}(candidate, best)) return;
    best = candidate;
    any = true;
  }
};
}  // namespace detail

/// The smallest value of a member; a default-made one of no records.
template <auto Member>
using min = detail::extreme<Member, std::less<>>;
/// The largest value of a member; a default-made one of no records.
template <auto Member>
using max = detail::extreme<Member, std::greater<>>;

}  // namespace flow
