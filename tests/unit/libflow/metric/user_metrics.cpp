#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include <flow/error.hpp>
#include <flow/metric/user_metrics.hpp>

using namespace flow;

namespace {

histogram_summary summary_of(std::vector<double> const& values) {
  auto const h = std::make_unique<histogram>();
  for (double const v : values) h->record(v);
  histogram_summary s;
  h->add_to(s);
  return s;
}

/// Of values in order: the one below or at which a share of q lies.
double exact_quantile(std::vector<double> const& sorted, double q) {
  auto const rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

constexpr double quantiles[] = {0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};

}  // namespace

TEST_CASE("quantiles of a histogram are at most 1/128 of the exact ones nearer to zero, whatever the distribution") {
  using engine = std::mt19937_64;
  std::map<std::string, std::function<double(engine&)>> const distributions{
      {"uniform", [d = std::uniform_real_distribution<>(0, 1000)](engine& e) mutable { return d(e); }},
      {"exponential", [d = std::exponential_distribution<>(0.001)](engine& e) mutable { return d(e); }},
      {"log-normal over many powers", [d = std::lognormal_distribution<>(10, 8)](engine& e) mutable { return std::clamp(d(e), 1e-5, 1e18); }},
      {"normal around zero", [d = std::normal_distribution<>(0, 50)](engine& e) mutable { return d(e); }},
      {"negative", [d = std::uniform_real_distribution<>(-9e9, -1)](engine& e) mutable { return d(e); }},
      {"two humps", [d = std::uniform_real_distribution<>(0, 1)](engine& e) mutable { return d(e) < 0.5 ? 1 + d(e) : 1e6 + d(e); }},
      {"one value", [](engine&) { return 42.125; }},
  };
  for (auto const& [name, distribution] : distributions)
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      INFO(name << ", seed " << seed);
      engine e(seed);
      std::vector<double> values;
      auto draw = distribution;
      for (std::uint64_t i = 0, n = 1 + e() % 20'000; i < n; ++i) values.push_back(draw(e));
      auto const s = summary_of(values);
      double sum = 0;
      for (double const v : values) sum += v;
      std::sort(values.begin(), values.end());
      CHECK(s.count == values.size());
      CHECK(s.min == values.front());
      CHECK(s.max == values.back());
      CHECK(s.mean() == Approx(sum / static_cast<double>(values.size())));
      CHECK(s.quantile(1) == values.back());
      for (double const q : quantiles) {
        INFO("quantile " << q);
        double const exact = exact_quantile(values, q), found = s.quantile(q);
        CHECK(std::fabs(found - exact) <= std::fabs(exact) / 128);
        if (std::fabs(exact) >= 1e-6) CHECK((exact < 0 ? found >= exact : found <= exact));
      }
    }
}

TEST_CASE("whole numbers up to 256 have buckets of their own, on both sides of zero") {
  std::mt19937_64 e(7);
  std::vector<double> values;
  for (int i = 0; i < 10'000; ++i) values.push_back(static_cast<double>(e() % 513) - 256);
  auto const s = summary_of(values);
  std::sort(values.begin(), values.end());
  for (double const q : quantiles) CHECK(s.quantile(q) == exact_quantile(values, q));
}

TEST_CASE("every value finds the bucket whose edges are around it") {
  using namespace flow::detail;
  std::mt19937_64 e(11);
  for (int i = 0; i < 100'000; ++i) {
    double const v = std::ldexp(1 + std::generate_canonical<double, 53>(e), static_cast<int>(e() % 83) - 20) * (i % 2 ? 1 : -1);
    auto const b = bucket_of(v);
    double const near = std::fabs(edge_of(b)), far = std::fabs(edge_of(v < 0 ? b - 1 : b + 1));
    INFO(v << " in bucket " << b);
    CHECK((near <= std::fabs(v) && std::fabs(v) < far && far - near <= near / 128));
  }
}

TEST_CASE("values beyond the buckets are counted at their ends, and NaN is none") {
  double const infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  auto const s = summary_of({nan, -infinity, -1e300, 0, -0.0, 1e-300, 1e-9, 1e300});
  CHECK(s.count == 7);
  CHECK(s.min == -infinity);
  CHECK(s.max == 1e300);
  CHECK(s.buckets == std::map<std::int32_t, std::uint64_t>{{-detail::last_bucket, 2}, {0, 4}, {detail::last_bucket, 1}});
  CHECK(s.quantile(0.25) == -0x1p63);
  CHECK(s.quantile(0.5) == 0);
  auto const none = summary_of({nan});
  CHECK(none.count == 0);
  for (double const v : {none.min, none.max, none.mean(), none.quantile(0.5)}) CHECK(std::isnan(v));
}

TEST_CASE("the metrics of subtasks are added up: counters and gauges as sums, histograms as one of all values") {
  metrics_summary all;
  std::vector<double> values;
  for (int subtask = 0; subtask < 3; ++subtask) {
    user_metrics m;
    auto const alerts = m.counter("alerts");
    m.gauge("never");
    auto const open = m.gauge("open");
    auto const amount = m.histogram("amount");
    for (int i = 0; i < 100; ++i) {
      values.push_back(i * subtask - 50);
      amount.record(i * subtask - 50);
      alerts.add(2);
      alerts.increment();
    }
    if (subtask > 0) open.set(10 * subtask);
    if (subtask > 0) open.set(10 * subtask - 4.5);
    m.add_to(all);
  }
  CHECK(all.counters == std::map<std::string, std::uint64_t>{{"alerts", 900}});
  CHECK(all.gauges.at("open").sum == 21);
  CHECK(all.gauges.at("open").min == 5.5);
  CHECK(all.gauges.at("open").max == 15.5);
  CHECK(all.gauges.at("open").subtasks == 2);
  CHECK(all.gauges.at("never").subtasks == 0);
  CHECK(std::isnan(all.gauges.at("never").min));
  auto const one = summary_of(values), merged = all.histograms.at("amount");
  CHECK(merged.buckets == one.buckets);
  CHECK(merged.count == one.count);
  CHECK(merged.sum == one.sum);
  CHECK(merged.min == one.min);
  CHECK(merged.max == one.max);
}

TEST_CASE("a metric's name is not empty and declared once, whatever the kind; a handle must have been declared") {
  user_metrics m;
  m.counter("alerts");
  CHECK_THROWS_WITH(m.counter("alerts"), "metric 'alerts' is declared twice; give each metric of a function a name of its own");
  CHECK_THROWS_WITH(m.gauge("alerts"), Catch::Contains("'alerts' is declared twice"));
  m.gauge("depth");
  m.histogram("size");
  for (auto const name : {"depth", "size"}) CHECK_THROWS_WITH(m.counter(name), Catch::Contains("is declared twice"));
  CHECK_THROWS_WITH(m.histogram(""), Catch::Contains("a metric needs a name"));
  CHECK_THROWS_WITH(counter_metric().increment(), Catch::Contains("metric = context.metrics().counter(\"name\")"));
  CHECK_THROWS_WITH(gauge_metric().set(1), Catch::Contains("metric = context.metrics().gauge(\"name\")"));
  CHECK_THROWS_WITH(histogram_metric().record(1), Catch::Contains("metric = context.metrics().histogram(\"name\")"));
}

TEST_CASE("metrics may be read by another thread while they are declared and changed; what is read never goes back") {
  user_metrics m;
  std::thread writer([&m] {
    auto const seen = m.counter("seen");
    auto const last = m.gauge("last");
    auto const values = m.histogram("values");
    for (int i = 1; i <= 200'000; ++i) {
      seen.increment();
      last.set(i);
      values.record(i % 1000);
    }
  });
  metrics_summary before, now;
  while (now.counters["seen"] < 200'000) {
    before = std::exchange(now, {});
    m.add_to(now);
    REQUIRE(now.counters["seen"] >= before.counters["seen"]);
    REQUIRE(now.gauges["last"].sum >= before.gauges["last"].sum);
    REQUIRE(now.histograms["values"].count >= before.histograms["values"].count);
  }
  writer.join();
  now = {};
  m.add_to(now);
  CHECK(now.gauges["last"].sum == 200'000);
  CHECK(now.histograms["values"].count == 200'000);
  CHECK(now.histograms["values"].max == 999);
}
