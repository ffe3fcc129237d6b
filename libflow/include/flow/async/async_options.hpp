#pragma once
// How requests of `stream.async` and `stream.lookup_join` are made: options that may be given in any order.
//
//     orders.async("enrich", find, flow::ordered, flow::in_flight(1000), flow::timeout(2s), flow::retry(3).backoff(100ms, 5s));
//
// A request that is answered with a failure, or not in time, is made again where `retry` says so. When nothing is left to
// try, the job fails; with `divert_failures` the record goes to the stream `failed()` instead, with `default_answer` the
// stream goes on with what that function gives. All times are of the machine's clock, which never goes back.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <flow/failures.hpp>
#include <flow/time.hpp>

namespace flow {

/// What is done about a request that failed.
struct retry_policy {
  std::int64_t further = 0;
  duration first_delay = std::chrono::milliseconds(100), most_delay = std::chrono::seconds(10);
  double spread = 0;
  bool after_errors = true, after_timeouts = true;

  /// How long to wait before attempt number `attempt` (from 2) of record number `record` of a subtask. O(1).
  std::chrono::nanoseconds delay(std::uint32_t attempt, std::uint64_t record, std::uint32_t subtask) const;
};

/// All options together.
struct async_options {
  static constexpr std::int64_t most_in_flight = 1'000'000;

  bool ordered = true;
  std::int64_t in_flight = 100;
  duration timeout = std::chrono::minutes(1);
  retry_policy retry;
  bool divert = false;
  std::int64_t cache_entries = 0;  // 0: no cache
  duration time_to_live{0};

  /// What is wrong with them, in the words of a job's mistakes.
  std::vector<std::string> mistakes() const;
};

/// Results leave in the order of their records (unless `unordered` is given).
struct ordered_option {
  void apply(async_options& o) const { o.ordered = true; }
};
inline constexpr ordered_option ordered{};

/// Results leave as they are answered; none overtakes a watermark, nor is overtaken by one.
struct unordered_option {
  void apply(async_options& o) const { o.ordered = false; }
};
inline constexpr unordered_option unordered{};

/// At most so many records per subtask are asked for and have not left (100 unless given): then the stream waits. 1 to 1,000,000.
struct in_flight {
  explicit in_flight(std::int64_t records) : records_(records) {}
  void apply(async_options& o) const { o.in_flight = records_; }

 private:
  std::int64_t records_;
};

/// How long one attempt may take (a minute unless given). A word that comes later is ignored.
struct timeout {
  explicit timeout(duration d) : time_(d) {}
  void apply(async_options& o) const { o.timeout = time_; }

 private:
  duration time_;
};

/// Asks up to `further` times more after a failed attempt; not where the failure is a `flow::error` whose code says that
/// another attempt is pointless. A record that is asked for again is still in flight.
class retry {
 public:
  explicit retry(std::int64_t further) { policy_.further = further; }
  /// Waits `first` before the second attempt, and twice as long before each further one, up to `most` (100 ms, 10 s).
  retry backoff(duration first, duration most) const {
    retry changed = *this;
    changed.policy_.first_delay = first;
    changed.policy_.most_delay = most;
    return changed;
  }
  /// Shortens each wait by up to this part of it (0 to 1), so that records that failed together do not come back together.
  /// By how much follows from subtask, record and attempt alone.
  retry jitter(double part) const {
    retry changed = *this;
    changed.policy_.spread = part;
    return changed;
  }
  /// A time-out is final.
  retry errors_only() const {
    retry changed = *this;
    changed.policy_.after_timeouts = false;
    return changed;
  }
  /// An error is final.
  retry timeouts_only() const {
    retry changed = *this;
    changed.policy_.after_errors = false;
    return changed;
  }
  void apply(async_options& o) const { o.retry = policy_; }

 private:
  retry_policy policy_;
};

inline void divert_failures_option::apply(async_options& o) const { o.divert = true; }

/// What stands in for the answer to a request that failed for good: `f(failed_record<T> const&)` gives an answer.
template <class F>
struct default_answer {
  explicit default_answer(F f) : function(std::move(f)) {}
  void apply(async_options&) const {}
  F function;
};

/// Of a look-up join: each subtask remembers the answers for its last `entries` keys, each for `time_to_live` from the
/// moment it came, "there is nothing" included; failures are not remembered. While a key is asked for, further records with it
/// wait for the same answer. What is remembered is no state: after a restart all is asked for anew.
struct cache {
  cache(std::int64_t entries, duration time_to_live) : entries_(entries), time_to_live_(time_to_live) {}
  void apply(async_options& o) const {
    o.cache_entries = entries_ == 0 ? -1 : entries_;
    o.time_to_live = time_to_live_;
  }

 private:
  std::int64_t entries_;
  duration time_to_live_;
};

template <class O>
concept async_option = requires(O const& option, async_options& all) { option.apply(all); };

}  // namespace flow
