// Metrics of a process function in a job: what is read of them, at the end and while it runs, and wrong use.

#include <catch2/catch.hpp>

#include <map>
#include <numeric>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>
#include <flow/testing.hpp>

using namespace flow;
using namespace flow::testing;

namespace {

struct sale {
  std::int64_t customer = 0, cents = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(customer), CEREAL_NVP(cents)); }
};
sale make_sale(std::uint64_t i) { return {static_cast<std::int64_t>(i % 37), static_cast<std::int64_t>(mix_hash(i) % 1000)}; }

struct metered {
  counter_metric large, cents;
  gauge_metric customers;
  histogram_metric amount;
  value_state<bool> known;
  std::int64_t seen = 0;

  void open(open_context& context) {
    auto& metrics = context.metrics();
    large = metrics.counter("large");
    cents = metrics.counter("cents");
    customers = metrics.gauge("customers");
    amount = metrics.histogram("amount");
    known = context.state().value<bool>("known");
  }
  void process(sale const& s, auto&, output<sale>& out) {
    if (s.cents > 900) large.increment();
    cents.add(static_cast<std::uint64_t>(s.cents));
    amount.record(s.cents);
    if (!known.get()) customers.set(++seen);
    known.set(true);
    out.emit(s);
  }
};

auto sales(std::uint64_t count) { return memory::generate<sale>(count, make_sale).splits(4); }

operator_summary const& named(std::vector<operator_summary> const& all, std::string const& name) {
  return *std::find_if(all.begin(), all.end(), [&](auto const& o) { return o.name == name; });
}

struct passing {
  void process(sale const& s, auto&, output<sale>& out) { out.emit(s); }
};
struct twice : passing {
  void open(open_context& context) {
    context.metrics().counter("sales");
    context.metrics().histogram("sales");
  }
};
struct nameless : passing {
  void open(open_context& context) { context.metrics().gauge(""); }
};
struct forgotten {
  counter_metric sales;
  void process(sale const&, auto&, output<sale>&) { sales.increment(); }
};

template <class F>
std::string failure_of(F f) {
  job j("misuse");
  j.source("sales", sales(10)).key_by(&sale::customer).process("metered", f).sink("out", memory::discard());
  try {
    execute(j, settings{}.parallelism(2));
  } catch (error const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the metrics of a job's function are those of all its subtasks together") {
  constexpr std::uint64_t count = 50'000;
  job j("metered");
  j.source("sales", sales(count)).key_by(&sale::customer).process("metered", metered{}).sink("out", memory::discard());
  auto const result = execute(j, settings{}.parallelism(2));
  auto const& m = named(result.operators, "metered").metrics;

  std::vector<std::int64_t> cents;
  for (std::uint64_t i = 0; i < count; ++i) cents.push_back(make_sale(i).cents);
  std::sort(cents.begin(), cents.end());
  auto const sum = std::accumulate(cents.begin(), cents.end(), std::int64_t{0});
  auto const large = std::count_if(cents.begin(), cents.end(), [](auto c) { return c > 900; });
  CHECK(m.counters == std::map<std::string, std::uint64_t>{{"cents", static_cast<std::uint64_t>(sum)}, {"large", static_cast<std::uint64_t>(large)}});
  std::map<std::uint64_t, double> customers;  // of each subtask
  for (std::int64_t c = 0; c < 37; ++c) customers[subtask_of_group(key_group_of(hash_of(c), 128), 2, 128)]++;
  CHECK(m.gauges.at("customers").sum == 37);
  CHECK(m.gauges.at("customers").min == std::min(customers[0], customers[1]));
  CHECK(m.gauges.at("customers").max == std::max(customers[0], customers[1]));
  CHECK(m.gauges.at("customers").subtasks == 2);
  auto const& amount = m.histograms.at("amount");
  CHECK(amount.count == count);
  CHECK(amount.sum == static_cast<double>(sum));
  CHECK(amount.min == static_cast<double>(cents.front()));
  CHECK(amount.max == static_cast<double>(cents.back()));
  auto const median = static_cast<double>(cents[count / 2 - 1]);
  CHECK((amount.quantile(0.5) <= median && amount.quantile(0.5) >= median * 127 / 128));
  CHECK(named(result.operators, "sales").metrics.empty());
}

TEST_CASE("the metrics of a job under way are read from another thread, and never go back") {
  job j("metered");
  j.source("sales", sales(memory::unbounded)).key_by(&sale::customer).process("metered", metered{}).sink("out", memory::discard());
  auto running = start(j, settings{}.parallelism(2));
  metrics_summary before, now;
  for (int grown = 0; grown < 20;) {
    now = named(running.counters(), "metered").metrics;
    REQUIRE(now.counters["large"] >= before.counters["large"]);
    REQUIRE(now.histograms["amount"].count >= before.histograms["amount"].count);
    grown += now.histograms["amount"].count > before.histograms["amount"].count;
    before = now;
  }
  CHECK(before.histograms["amount"].quantile(1) <= 999);
  running.cancel();
  auto const result = running.await();
  auto const& o = named(result.operators, "metered");
  CHECK(o.metrics.histograms.at("amount").count == o.processed);
  CHECK(o.metrics.histograms.at("amount").sum == static_cast<double>(o.metrics.counters.at("cents")));
}

TEST_CASE("wrong use of metrics fails the job with an error that names operator and metric, or says what to do") {
  CHECK_THAT(failure_of(twice{}), Catch::Contains("operator 'metered': metric 'sales' is declared twice"));
  CHECK_THAT(failure_of(nameless{}), Catch::Contains("operator 'metered': a metric needs a name"));
  CHECK_THAT(failure_of(forgotten{}), Catch::Contains("operator 'metered': a counter is used that was not declared") && Catch::Contains("context.metrics().counter(\"name\")"));
}

TEST_CASE("a harness tells the metrics of the function that it drives") {
  harness<sale, sale> h{metered{}, &sale::customer};
  h.process({1, 950}, at(std::chrono::seconds(1))).process({2, 10}, at(std::chrono::seconds(1)));
  CHECK(h.metrics().counters.at("large") == 1);
  CHECK(h.metrics().gauges.at("customers").sum == 2);
  CHECK(h.metrics().histograms.at("amount").max == 950);
}
