#pragma once
// What the engine is measured against: the same work as loops written by hand, on one thread.
//
// Records are functions of their index (splitmix64), so that every engine that generates them has the same input and
// its results can be compared: `totals` counts the result rows and adds up their values. The programs that measured
// other engines generate the same records.

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <flow/time.hpp>

namespace bench {

struct totals {
  std::uint64_t rows = 0;
  std::int64_t sum = 0;

  void add(std::int64_t value) {
    ++rows;
    sum += value;
  }
  void add(totals const& other) {
    rows += other.rows;
    sum += other.sum;
  }
  bool operator==(totals const&) const = default;
};

/// splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// A number from 0 to n - 1 out of the upper half of random bits.
inline std::int64_t below(std::uint64_t random, std::int64_t n) {
  return static_cast<std::int64_t>(((random >> 32) * static_cast<std::uint64_t>(n)) >> 32);
}

inline constexpr flow::timestamp first_time{std::chrono::seconds(1'700'000'000)};

/// When record `index` happens, at `rate` records per second of event time; in whole milliseconds.
inline flow::timestamp time_of(std::uint64_t index, std::uint64_t rate) {
  return first_time + std::chrono::milliseconds(index * 1000 / rate);
}

/// A number that the compiler does not know: rates and window sizes are settings of a job, and a loop in which
/// divisions by them are folded into multiplications does something else.
template <class N>
N as_setting(N value) {
  asm volatile("" : "+r"(value));
  return value;
}

// ---- Yahoo! Streaming Benchmark: filter, join with a table of 1,000 ads, count per campaign and 10 seconds

struct ad_event {
  static constexpr std::int64_t view = 0;
  std::int64_t ad;
  std::int64_t ad_type;
  std::int64_t event_type;
  flow::timestamp time;
};

struct ad_events {
  std::uint64_t rate = as_setting<std::uint64_t>(1'000'000);
  ad_event operator()(std::uint64_t index) const {
    return {1'000'000 + below(mix(index), 1000), static_cast<std::int64_t>(index % 5),
            static_cast<std::int64_t>(index % 3), time_of(index, rate)};
  }
};

using campaign_table = absl::flat_hash_map<std::int64_t, std::int64_t>;

/// 1,000 ads of 100 campaigns.
inline campaign_table campaigns() {
  campaign_table table;
  for (std::int64_t i = 0; i < 1000; ++i) table[1'000'000 + i] = i / 10;
  return table;
}

// ---- the keyed window: sum per key and second

struct reading {
  std::int64_t key;
  std::int64_t index;
  std::int64_t value;
  flow::timestamp time;
};

struct readings {
  std::int64_t keys = 100'000;
  std::uint64_t rate = as_setting<std::uint64_t>(1'000'000);
  reading operator()(std::uint64_t index) const {
    std::uint64_t const random = mix(index);
    return {below(random, keys), static_cast<std::int64_t>(index), static_cast<std::int64_t>(random & 1023),
            time_of(index, rate)};
  }
};

/// Event-time tumbling windows, a hash map for each that is open. Input comes in order, so the watermark is just behind
/// the record; it is looked at every 100 ms of event time.
class tumbling_sums {
 public:
  explicit tumbling_sums(flow::duration size) : size_(size.count()) { open_.reserve(64); }

  void add(std::int64_t key, flow::timestamp time, std::int64_t value) {
    window_of(time.time_since_epoch().count()).sums[key] += value;
  }
  void advance(flow::timestamp time) {
    std::int64_t const now = time.time_since_epoch().count();
    if (now < next_look_) return;
    close_until(now - 1);
    next_look_ = now + 100'000;
  }
  totals finish() {
    close_until(std::numeric_limits<std::int64_t>::max() - 1);
    return results_;
  }

 private:
  using map = absl::flat_hash_map<std::int64_t, std::int64_t>;
  struct window {
    std::int64_t start;
    map sums;
  };

  window& window_of(std::int64_t time) {
    std::int64_t const start = time - time % size_;
    if (last_ && last_->start == start) return *last_;
    for (window& known : open_)
      if (known.start == start) return *(last_ = &known);
    open_.push_back({start, {}});
    if (!spare_.empty()) {
      open_.back().sums = std::move(spare_.back());
      spare_.pop_back();
    }
    return *(last_ = &open_.back());
  }

  void close_until(std::int64_t watermark) {
    for (std::size_t i = 0; i < open_.size();) {
      if (open_[i].start + size_ - 1 > watermark) {
        ++i;
        continue;
      }
      for (auto const& [key, sum] : open_[i].sums) results_.add(sum);
      open_[i].sums.clear();
      spare_.push_back(std::move(open_[i].sums));  // cleared maps keep their capacity
      if (i + 1 != open_.size()) open_[i] = std::move(open_.back());
      open_.pop_back();
      last_ = nullptr;
    }
  }

  std::int64_t size_;  // microseconds
  std::int64_t next_look_ = std::numeric_limits<std::int64_t>::min();
  std::vector<window> open_;
  std::vector<map> spare_;
  window* last_ = nullptr;  // the window used last, null after a change of `open_`
  totals results_;
};

inline flow::duration const ysb_window{as_setting<std::int64_t>(10'000'000)};

[[gnu::noinline]] inline totals ysb_loop(std::uint64_t records, ad_events make) {
  campaign_table const table = campaigns();
  tumbling_sums windows(ysb_window);
  for (std::uint64_t i = 0; i < records; ++i) {
    ad_event const event = make(i);
    windows.advance(event.time);
    if (event.event_type != ad_event::view) continue;
    auto const found = table.find(event.ad);
    if (found != table.end()) windows.add(found->second, event.time, 1);
  }
  return windows.finish();
}

inline flow::duration const keyed_window{as_setting<std::int64_t>(1'000'000)};

[[gnu::noinline]] inline totals keyed_window_loop(std::uint64_t records, readings make) {
  tumbling_sums windows(keyed_window);
  for (std::uint64_t i = 0; i < records; ++i) {
    reading const r = make(i);
    windows.advance(r.time);
    windows.add(r.key, r.time, r.value);
  }
  return windows.finish();
}

// ---- no operator at all: records are made into a buffer and read from it

inline constexpr auto value_of = [](reading const& r) { return r.value + r.key; };

[[gnu::noinline]] inline totals buffered_loop(std::uint64_t records, readings make) {
  std::vector<reading> buffer(256);
  totals result;
  for (std::uint64_t first = 0; first < records; first += buffer.size()) {
    std::uint64_t const count = std::min<std::uint64_t>(buffer.size(), records - first);
    for (std::uint64_t i = 0; i < count; ++i) buffer[i] = make(first + i);
    asm volatile("" : : : "memory");  // the buffer is written, not optimised away
    for (std::uint64_t i = 0; i < count; ++i) result.add(value_of(buffer[i]));
  }
  return result;
}

}  // namespace bench
