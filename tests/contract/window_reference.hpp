#pragma once
// What windows must give, computed in the plainest way: every window of every record, one map.

#include <map>
#include <random>
#include <tuple>
#include <vector>

#include <flow/window/windowed.hpp>
#include <flow/window/windows.hpp>

namespace flow::testing {

struct reading {
  timestamp at{};
  std::int32_t key = 0;
  std::int64_t value = 0;

  bool operator==(reading const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(at), CEREAL_NVP(key), CEREAL_NVP(value)); }
};

/// An aggregate whose result shows every way to go wrong: a record lost, doubled, or in another window.
struct fingerprint {
  std::int64_t records = 0;
  std::int64_t sum = 0;
  void add(reading const& r) {
    ++records;
    sum += r.value;
  }
  void merge(fingerprint const& other) {
    records += other.records;
    sum += other.sum;
  }
  fingerprint result() const { return *this; }
  bool operator==(fingerprint const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(records), CEREAL_NVP(sum)); }
};

using window_result = windowed<std::int32_t, fingerprint>;

/// The windows of an instant, by trying every start that could be: no arithmetic shared with the engine's.
inline std::vector<std::pair<std::int64_t, std::int64_t>> windows_of(std::int64_t t, window_spec const& spec) {
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  std::int64_t const size = spec.size.count(), slide = spec.slide.count();
  for (std::int64_t start = t - size + 1; start <= t; ++start)
    if ((start - spec.offset.count()) % slide == 0) found.emplace_back(start, start + size);
  return found;
}

/// Windows with lateness and re-firing, one record and one watermark after the other. Value: what is given out, with `add`.
template <class Value>
class window_reference_of {
 public:
  explicit window_reference_of(window_spec spec) : spec_(spec) {}

  void process(reading const& r) {
    auto const windows = windows_of(r.at.time_since_epoch().count(), spec_);
    bool taken = false;
    for (auto const& [start, end] : windows) {
      if (watermark_ != no_watermark && end - 1 + spec_.lateness.count() <= watermark_.time_since_epoch().count()) continue;
      taken = true;
      auto& w = open_[{end, start, r.key}];
      w.add(r);
      if (watermark_ != no_watermark && end - 1 <= watermark_.time_since_epoch().count()) emit(start, end, r.key, w);
    }
    if (windows.empty()) ++in_no_window;
    else if (!taken) late.push_back(r);
  }
  void advance(timestamp w) {
    for (auto const& [window, value] : open_) {
      auto const [end, start, key] = window;
      bool const before = watermark_ != no_watermark && end - 1 <= watermark_.time_since_epoch().count();
      if (!before && end - 1 <= w.time_since_epoch().count()) emit(start, end, key, value);
    }
    watermark_ = w;
  }

  std::vector<windowed<std::int32_t, Value>> results;
  std::vector<reading> late;
  std::size_t in_no_window = 0;

 private:
  void emit(std::int64_t start, std::int64_t end, std::int32_t key, Value const& value) {
    results.push_back({key, timestamp{duration{start}}, timestamp{duration{end}}, value});
  }

  window_spec spec_;
  timestamp watermark_ = no_watermark;
  std::map<std::tuple<std::int64_t, std::int64_t, std::int32_t>, Value> open_;
};
using window_reference = window_reference_of<fingerprint>;

/// Window sizes, slides and offsets of every relation: equal, multiple, no multiple, gaps.
inline window_spec random_windows(std::mt19937_64& random) {
  duration const slide{1 + static_cast<std::int64_t>(random() % 12)};
  duration const size{1 + static_cast<std::int64_t>(random() % 40)};
  duration const offset{static_cast<std::int64_t>(random() % 30) - 15};
  return random() % 3 == 0 ? tumbling_windows(size, offset) : sliding_windows(size, slide, offset);
}

}  // namespace flow::testing
