#include <flow/metric/user_metrics.hpp>

#include <algorithm>

#include <flow/error.hpp>

namespace flow {
namespace {

/// `fmin` and `fmax` prefer any number to NaN, that is to none.
template <class Summary>
void widen(Summary& s, double low, double high) {
  s.min = std::fmin(s.min, low);
  s.max = std::fmax(s.max, high);
}

}  // namespace

double histogram_summary::quantile(double q) const {
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  auto const rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count));
  if (rank >= static_cast<double>(count)) return max;
  std::uint64_t passed = 0;
  for (auto const& [bucket, n] : buckets)
    if (static_cast<double>(passed += n) >= rank) return std::fmin(std::fmax(detail::edge_of(bucket), min), max);
  return max;
}

void histogram::add_to(histogram_summary& all) const {
  for (std::int32_t b = -detail::last_bucket; b <= detail::last_bucket; ++b) {
    auto const n = buckets_[static_cast<std::size_t>(detail::last_bucket + b)].value();
    if (n == 0) continue;
    all.buckets[b] += n;
    all.count += n;
  }
  all.sum += sum_.load(std::memory_order_relaxed);
  widen(all, min_.load(std::memory_order_relaxed), max_.load(std::memory_order_relaxed));
}

void gauge::add_to(gauge_summary& all) const {
  double const now = value();
  if (std::isnan(now)) return;
  all.sum += now;
  ++all.subtasks;
  widen(all, now, now);
}

void user_metrics::add_to(metrics_summary& all) const {
  std::lock_guard const guard(lock_);
  for (auto const& [name, c] : counters_) all.counters[name] += c.value();
  for (auto const& [name, g] : gauges_) g.add_to(all.gauges[name]);
  for (auto const& [name, h] : histograms_) h.add_to(all.histograms[name]);
}

void user_metrics::check_new(std::string const& name) const {
  if (name.empty()) throw error(error_code::invalid_job, "a metric needs a name, by which it is found in the summary; the one given is empty");
  if (counters_.contains(name) || gauges_.contains(name) || histograms_.contains(name))
    throw error(error_code::invalid_job, "metric '" + name + "' is declared twice; give each metric of a function a name of its own");
}

void detail::throw_undeclared_metric(char const* kind) {
  throw error(error_code::user_function, std::string("a ") + kind +
                                             " is used that was not declared; in the function's `void open(flow::open_context& context)` give it its name: "
                                             "metric = context.metrics()." + kind + "(\"name\")");
}

}  // namespace flow
