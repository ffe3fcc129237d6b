#pragma once
// What a process function counts and measures by itself: handles that it keeps, and how it declares them.
//
//     flow::counter_metric alerts;
//     void open(flow::open_context& context) { alerts = context.metrics().counter("alerts"); }
//
// A handle is a small value that stands for the metric of this subtask. Updates take no lock and no allocation, about
// 1 ns, a histogram 10. Using a handle that was not declared in `open` throws `flow::error`. Metrics are no state: they begin anew
// with each run. They are read with the counters of the operator, as sums over its subtasks: `operator_summary::metrics`.

#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <string>
#include <type_traits>

#include <flow/counters.hpp>
#include <flow/metric/histogram.hpp>

namespace flow {

/// One writer, any number of readers on other threads. NaN is no value: that is what it has before it is set.
class gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }
  void add_to(gauge_summary& all) const;

 private:
  std::atomic<double> value_{std::numeric_limits<double>::quiet_NaN()};
};

namespace detail {
[[noreturn]] void throw_undeclared_metric(char const* kind);
}

/// How often something has happened. Subtasks are added up.
class counter_metric {
 public:
  counter_metric() = default;
  explicit counter_metric(counter& c) : counter_(&c) {}
  void add(std::uint64_t n) const {
    if (!counter_) [[unlikely]] detail::throw_undeclared_metric("counter");
    counter_->add(n);
  }
  void increment() const { add(1); }

 private:
  counter* counter_ = nullptr;
};

/// How much there is of something now. Subtasks give a sum, the least and the greatest. Whole numbers are exact to 2^53.
class gauge_metric {
 public:
  gauge_metric() = default;
  explicit gauge_metric(gauge& g) : gauge_(&g) {}
  template <class N>
  void set(N value) const {
    static_assert(std::is_arithmetic_v<N>, "a gauge is set to a number; of a duration say in which unit: d.count()");
    if (!gauge_) [[unlikely]] detail::throw_undeclared_metric("gauge");
    gauge_->set(static_cast<double>(value));
  }

 private:
  gauge* gauge_ = nullptr;
};

/// How values are distributed: count, mean, least, greatest, quantiles to within 1 % (metric/histogram.hpp). The histograms of
/// subtasks are merged.
class histogram_metric {
 public:
  histogram_metric() = default;
  explicit histogram_metric(histogram& h) : histogram_(&h) {}
  template <class N>
  void record(N value) const {
    static_assert(std::is_arithmetic_v<N>, "a histogram records numbers; of a duration say in which unit: d.count()");
    if (!histogram_) [[unlikely]] detail::throw_undeclared_metric("histogram");
    histogram_->record(static_cast<double>(value));
  }

 private:
  histogram* histogram_ = nullptr;
};

/// The metrics of one subtask of an operator. Declared while it opens; each name once, whatever the kind.
/// Throws `flow::error` (invalid_job) for a name that is empty or has been declared.
class user_metrics {
 public:
  counter_metric counter(std::string name) { return counter_metric(declare(counters_, std::move(name))); }
  gauge_metric gauge(std::string name) { return gauge_metric(declare(gauges_, std::move(name))); }
  histogram_metric histogram(std::string name) { return histogram_metric(declare(histograms_, std::move(name))); }

  /// Adds what they are now to those of other subtasks. Callable from any thread.
  void add_to(metrics_summary& all) const;

 private:
  template <class M>
  M& declare(std::map<std::string, M>& metrics, std::string name) {
    std::lock_guard const guard(lock_);
    check_new(name);
    return metrics[std::move(name)];
  }
  void check_new(std::string const& name) const;

  mutable std::mutex lock_;  // of the maps: their entries stay where they are, and updates take no lock
  std::map<std::string, flow::counter> counters_;
  std::map<std::string, flow::gauge> gauges_;
  std::map<std::string, flow::histogram> histograms_;
};

}  // namespace flow
