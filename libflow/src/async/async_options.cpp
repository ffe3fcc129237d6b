#include <flow/async/async_options.hpp>

#include <algorithm>

#include <flow/record/key.hpp>

namespace flow {
namespace {

constexpr duration longest = std::chrono::days(10'000);

}  // namespace

std::chrono::nanoseconds retry_policy::delay(std::uint32_t attempt, std::uint64_t record, std::uint32_t subtask) const {
  duration wait = first_delay;
  for (std::uint32_t i = 2; i < attempt && wait < most_delay; ++i) wait = std::min(2 * wait, most_delay);
  wait = std::min(wait, most_delay);
  double const chance = static_cast<double>(mix_hash(mix_hash(record * 64 + attempt) + subtask) >> 11) / static_cast<double>(std::uint64_t{1} << 53);
  auto const nanoseconds = std::chrono::nanoseconds(wait);
  return nanoseconds - std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(nanoseconds.count()) * spread * chance));
}

std::vector<std::string> async_options::mistakes() const {
  std::vector<std::string> found;
  auto const need = [&](bool right, char const* said) {
    if (!right) found.emplace_back(said);
  };
  auto const in_range = [](duration d, duration least) { return d >= least && d <= longest; };
  need(in_flight >= 1 && in_flight <= most_in_flight, "in_flight must be from 1 to 1,000,000 records");
  need(in_range(timeout, duration{1}), "timeout must be above 0 and at most 10000 days");
  need(retry.further >= 0 && retry.further <= 1'000'000, "retry must be from 0 to 1,000,000 further attempts");
  need(in_range(retry.first_delay, duration{0}) && in_range(retry.most_delay, retry.first_delay),
       "backoff must be from 0 to 10000 days, and its first wait not above its longest");
  need(retry.spread >= 0 && retry.spread <= 1, "jitter must be from 0 to 1");
  need(retry.after_errors || retry.after_timeouts, "retry is for errors only and for time-outs only, so never; leave one of them out");
  need(cache_entries >= 0, "cache must have room for at least 1 entry");
  need(cache_entries == 0 || in_range(time_to_live, duration{1}), "the time to live in the cache must be above 0 and at most 10000 days");
  return found;
}

}  // namespace flow
