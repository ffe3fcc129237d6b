#pragma once
// HyperLogLog: the number of different hashes, approximately.
//
// Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm", 2007,
// with the estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017 (algorithm 6: no bias
// for small or large counts, no tables). A set of few hashes is kept as it is, as in Heule, Nunkesser, Hall,
// "HyperLogLog in practice", 2013.
//
// The state depends on the set of hashes only, not on their order or how parts were merged.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/record/encoding.hpp>

namespace flow::detail {

template <int Precision>
class hyper_log_log {
 public:
  /// Takes a hash whose bits are all mixed. O(1) once there are more than `few`, O(log few) before.
  void add(std::uint64_t hash) {
    if (!registers_.empty()) return enter(hash);
    auto const place = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
    if (place != hashes_.end() && *place == hash) return;
    hashes_.insert(place, hash);
    if (hashes_.size() > few) count_by_registers();
  }
  void merge(hyper_log_log const& other) {
    for (auto const hash : other.hashes_) add(hash);
    if (other.registers_.empty()) return;
    if (registers_.empty()) count_by_registers();
    for (std::size_t i = 0; i < registers_.size(); ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
  std::int64_t count() const {
    return registers_.empty() ? static_cast<std::int64_t>(hashes_.size()) : static_cast<std::int64_t>(std::llround(estimate()));
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::make_nvp("hashes", hashes_), cereal::make_nvp("registers", registers_));
  }

 private:
  static constexpr std::size_t few = 256, registers = std::size_t{1} << Precision;
  static constexpr int longest = 64 - Precision;  // bits of a hash that do not choose the register

  void count_by_registers() {
    registers_.assign(registers, 0);
    for (auto const hash : hashes_) enter(hash);
    hashes_ = {};
  }
  /// A register holds the most leading zeros, plus one, of the rest of the hashes that chose it.
  void enter(std::uint64_t hash) {
    auto& r = registers_[hash >> longest];
    r = std::max(r, static_cast<std::uint8_t>(std::min(std::countl_zero(hash << Precision), longest) + 1));
  }
  double estimate() const {
    std::array<std::int64_t, longest + 2> with{};
    for (auto const r : registers_) ++with[r];
    double const m = registers;
    double z = m * tau(1 - static_cast<double>(with[longest + 1]) / m);
    for (int k = longest; k > 0; --k) z = 0.5 * (z + static_cast<double>(with[static_cast<std::size_t>(k)]));
    z += m * sigma(static_cast<double>(with[0]) / m);
    return m * m / (2 * std::log(2.0) * z);
  }
  static double sigma(double x) {
    if (x == 1) return std::numeric_limits<double>::infinity();
    double y = 1, z = x;
    for (double before = -1; z != before;) {
      x *= x;
      before = z;
      z += x * y;
      y += y;
    }
    return z;
  }
  static double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double y = 1, z = 1 - x;
    for (double before = -1; z != before;) {
      x = std::sqrt(x);
      before = z;
      y *= 0.5;
      z -= (1 - x) * (1 - x) * y;
    }
    return z / 3;
  }

  std::vector<std::uint64_t> hashes_;   // all, in order, while they are few
  std::vector<std::uint8_t> registers_;  // empty while they are few
};

}  // namespace flow::detail
