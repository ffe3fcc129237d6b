#pragma once
// How many different values: exactly, and approximately in bounded memory.

#include <flow/window/aggregates/hyper_log_log.hpp>
#include <flow/window/aggregates/selector.hpp>
#include <flow/window/aggregates/value_table.hpp>

namespace flow {

/// The number of different values of a member or function. Exact; remembers every value, so its memory grows with what it
/// counts: about 12 bytes and the value each (per key and slice of windows).
template <auto Selector>
struct distinct_count {
  using value = detail::value_of<Selector>;
  static_assert(key_type<value>, "distinct_count counts values that may be keys: comparable with ==, described, no floating point, views or pointers");
  using stored = std::conditional_t<std::is_same_v<value, bool>, std::uint8_t, value>;  // a vector of bool has no elements
  detail::value_table<stored, std::identity{}> values;

  void add(detail::owner_of<Selector> const& record) { offer(detail::selected<Selector>(record)); }
  void merge(distinct_count const& other) {
    for (auto const& v : other.values.entries()) offer(v);
  }
  std::int64_t result() const { return static_cast<std::int64_t>(values.entries().size()); }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(values)); }

 private:
  void offer(stored const& v) { if (!values.find(v)) values.insert(v); }
};

/// About how many different values there are of a member or function, in at most 2^Precision bytes (and 2 KiB): up to 256
/// exactly, beyond with a standard error of 1.04 / sqrt(2^Precision): 1.6 % of the count by default, 0.8 % with 14.
template <auto Selector, int Precision = 12>
struct approximate_distinct_count {
  static_assert(key_type<detail::value_of<Selector>>,
                "approximate_distinct_count counts values that may be keys: comparable with ==, described, no floating point, views or pointers");
  static_assert(Precision >= 4 && Precision <= 18, "the precision of approximate_distinct_count is from 4 to 18");
  detail::hyper_log_log<Precision> sketch;

  void add(detail::owner_of<Selector> const& record) { sketch.add(hash_of<detail::value_of<Selector>>(detail::selected<Selector>(record))); }
  void merge(approximate_distinct_count const& other) { sketch.merge(other.sketch); }
  std::int64_t result() const { return sketch.count(); }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(sketch)); }
};

}  // namespace flow
