// Jobs that send records for which a function throws to streams of their own.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

using namespace flow;
using namespace flow::testing;

namespace {

struct event {
  timestamp at{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(at)); }
};

using failed_text = failed_record<std::string>;

std::int64_t number_in(std::string const& text) {
  std::size_t used = 0;
  auto const n = std::stoll(text, &used);
  if (used != text.size()) throw std::runtime_error("'" + text.substr(used) + "' is left");
  return n;
}

std::vector<std::string> random_texts(std::mt19937_64& random) {
  std::vector<std::string> all;
  for (std::size_t n = random() % 300; n > 0; --n) all.push_back(std::to_string(random() % 100) + (random() % 4 ? "" : " kg"));
  return all;
}

tag<std::int64_t> const large{"failed"};  // a tag may have the name of the engine's output

/// Parses, leaves out those below 10 with an error at 50, and repeats; the second half of it fails at 70.
void build(job& j, std::vector<std::string> const& texts) {
  auto const numbers = j.source("texts", memory::values(texts, 3)).map(number_in, divert_failures).named("parse");
  numbers.failed().sink("no-numbers", memory::discard());
  auto const some = numbers.filter([](std::int64_t n) { return n == 50 ? throw std::runtime_error("fifty") : n >= 10; }, divert_failures);
  some.failed().sink("fifties", memory::discard());
  auto const twice = some.flat_map<std::int64_t>([](std::int64_t n, output<std::int64_t>& out, side_outputs& sides) {
    out.emit(n);
    if (n > 60) sides.emit(large, n);
    if (n == 70) throw std::runtime_error("seventy");
    out.emit(n);
  }, divert_failures);
  twice.failed().sink("seventies", memory::discard());
  twice.side(large).sink("large", memory::discard());
  twice.sink("twice", memory::discard());
}

}  // namespace

TEST_CASE("each record of a job goes on or is diverted with the reason, never both, under every schedule") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    auto const texts = random_texts(random);
    std::uint32_t const batch_sizes[] = {1, 7, 1024};
    auto const s = settings{}.parallelism(1 + random() % 3).batch_size(batch_sizes[random() % 3]).task_buffer(random() % 2 ? 1 : 1 << 20);
    INFO("seed " << seed << " parallelism " << s.parallelism() << " batch size " << s.batch_size() << " task buffer " << s.task_buffer());
    std::vector<failed_text> no_numbers;
    std::vector<failed_record<std::int64_t>> fifties, seventies;
    std::vector<std::int64_t> twice, above_60;
    for (auto const& text : texts) {
      if (text.ends_with(" kg")) {
        no_numbers.push_back({text, "' kg' is left", 1});
        continue;
      }
      auto const n = std::stoll(text);
      if (n == 50) fifties.push_back({n, "fifty", 1});
      else if (n == 70) seventies.push_back({n, "seventy", 1});
      else if (n >= 10) twice.insert(twice.end(), {n, n});
      if (n > 60 && n != 70) above_60.push_back(n);
    }
    job j("diverting");
    build(j, texts);
    auto const r = testing::run(j, deterministic(seed), s);
    REQUIRE(r.end == job_result::how::finished);
    CHECK(difference(no_numbers, r.of<failed_text>("no-numbers")) == "");
    CHECK(difference(fifties, r.of<failed_record<std::int64_t>>("fifties")) == "");
    CHECK(difference(seventies, r.of<failed_record<std::int64_t>>("seventies")) == "");
    CHECK(difference(twice, r.of<std::int64_t>("twice")) == "");
    CHECK(difference(above_60, r.of<std::int64_t>("large")) == "");
    for (auto const& o : r.operators) {
      INFO(o.name);
      CHECK(o.records_in == o.processed + o.late + o.filtered);
      if (o.name == "parse") CHECK(o.bad == no_numbers.size());
    }
  }
}

TEST_CASE("operators that divert failures are chained like others, and the plan says which they are") {
  job j("diverting");
  build(j, {});
  auto const p = make_plan(j.graph(), settings{});
  CHECK(p.tasks.size() == 1);
  CHECK_THAT(explain(j.graph(), p, j.name()), Catch::Contains("parse  (records that fail go to its output 'failed')"));
}

TEST_CASE("failed records that nobody reads are counted") {
  job j("diverting");
  j.source("texts", memory::values(std::vector<std::string>{"1", "x", "2"})).map(number_in, divert_failures).named("parse").sink("numbers", memory::discard());
  auto const r = testing::run(j, deterministic(1));
  REQUIRE(r.end == job_result::how::finished);
  CHECK(r.of<std::int64_t>("numbers") == std::vector<std::int64_t>{1, 2});
  auto const parse = std::find_if(r.operators.begin(), r.operators.end(), [](auto const& o) { return o.name == "parse"; });
  CHECK(parse->bad == 1);
  CHECK(parse->unread == 1);
}

TEST_CASE("failed records have the event time of their record") {
  job j("diverting");
  std::vector<event> events;
  for (int i = 0; i < 100; ++i) events.push_back({timestamp{std::chrono::milliseconds(10 * i)}});
  auto const unfailed = j.source("events", memory::values(events)).event_time(&event::at, monotonous()).map([](event const& e) {
    if (e.at.time_since_epoch().count() % 20'000 == 0) throw std::runtime_error("even");
    return e;
  }, divert_failures);
  unfailed.sink("others", memory::discard());
  unfailed.failed().window(tumbling_windows(std::chrono::milliseconds(500))).aggregate<count>("failures").sink("counts", memory::discard());
  auto const r = testing::run(j, deterministic(1));
  REQUIRE(r.end == job_result::how::finished);
  auto const counts = r.of<windowed<whole_stream, std::int64_t>>("counts");
  REQUIRE(counts.size() == 2);
  CHECK((counts[0].value == 25 && counts[1].value == 25));
}
