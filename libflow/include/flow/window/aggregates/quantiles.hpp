#pragma once
// Quantiles of a value: medians, 99th percentiles and the like.

#include <array>
#include <string>
#include <tuple>
#include <utility>

#include <flow/window/aggregates/dd_sketch.hpp>
#include <flow/window/aggregates/selector.hpp>

namespace flow {

/// The values at given per mille, in the order in which they were asked for: fields "p50", "p99", "p99_9", ...
template <int... PerMille>
struct quantile_values {
  std::array<double, sizeof...(PerMille)> values{};

  /// The value at one of the per mille: `at<990>()`.
  template <int Which>
  double at() const {
    static_assert(((Which == PerMille) || ...), "this quantile was not asked for");
    std::size_t i = 0;
    (void)((PerMille == Which || (++i, false)) || ...);
    return values[i];
  }
  bool operator==(quantile_values const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    std::size_t i = 0;
    (archive(cereal::make_nvp(field_name<PerMille>().data(), values[i++])), ...);
  }

 private:
  template <int Which>
  static std::string const& field_name() {
    static std::string const name = 'p' + std::to_string(Which / 10) + (Which % 10 == 0 ? "" : '_' + std::to_string(Which % 10));
    return name;
  }
};

namespace detail {

template <auto Selector, int... PerMille>
struct quantiles_of {
  static_assert(std::is_arithmetic_v<value_of<Selector>>, "quantiles are of numbers");
  static_assert(((PerMille >= 0 && PerMille <= 1000) && ...), "quantiles are given per mille, from 0 to 1000");
  static_assert(sizeof...(PerMille) > 0, "quantiles need at least one per mille: quantiles<500, &T::x>");
  dd_sketch sketch;

  void add(owner_of<Selector> const& record) { sketch.add(static_cast<double>(selected<Selector>(record))); }
  void merge(quantiles_of const& other) { sketch.merge(other.sketch); }
  quantile_values<PerMille...> result() const {
    if (sketch.size() == 0) return {};
    return {{sketch.of_rank(rank(PerMille))...}};
  }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(sketch)); }

 private:
  /// Of the smallest number that at least this share of all do not exceed.
  std::int64_t rank(int per_mille) const {
    std::int64_t const n = sketch.size();
    return std::max<std::int64_t>(1, n / 1000 * per_mille + (n % 1000 * per_mille + 999) / 1000);
  }
};

/// Divides the arguments of `quantiles`: numbers, and last what they are of.
template <class PerMille, auto... Arguments>
struct quantiles_arguments;
template <int... PerMille, auto Selector>
struct quantiles_arguments<std::integer_sequence<int, PerMille...>, Selector> {
  using type = quantiles_of<Selector, PerMille...>;
};
template <int... PerMille, int First, auto Second, auto... Others>
struct quantiles_arguments<std::integer_sequence<int, PerMille...>, First, Second, Others...>
    : quantiles_arguments<std::integer_sequence<int, PerMille..., First>, Second, Others...> {};

}  // namespace detail

/// Quantiles of a member or function, per mille: `quantiles<500, 990, &trade::cents>` gives the median and the 99th
/// percentile as `quantile_values<500, 990>`; 0 is the smallest value, 1000 the largest, 0.0 what there is of no records.
/// A quantile is a value that occurs (SQL's percentile_disc). Exact for up to 128 values; beyond, at most 1 % from it. That
/// holds where the largest value is at most 10^17 times the smallest, by magnitude and per sign; smaller ones count as that
/// small. Values are taken as doubles; what is no number is left out. Remembers at most 33 KB; 1 KB of few values.
template <auto... Arguments>
using quantiles = typename detail::quantiles_arguments<std::integer_sequence<int>, Arguments...>::type;

}  // namespace flow
