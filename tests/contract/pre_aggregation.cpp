// Windows behind operators that aggregate ahead of their exchange give what windows of the records give.
#include <catch2/catch.hpp>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/window_reference.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

using part = keyed_partial<std::int32_t, fingerprint>;
std::uint64_t hash_of_key(reading const& r) { return hash_of(r.key); }

/// Windows, and two senders in front of them.
class windows_of_two_senders {
 public:
  windows_of_two_senders(window_spec const& spec, std::uint32_t batch_size, bool held_up) : j_("windows"), n_(node_of(j_, spec)), windows_(n_, hash_of_key, batch_size) {
    for (auto& s : senders_) {
      s = std::make_unique<harness<reading, part>>(*n_.ahead, hash_of_key, batch_size);
      if (held_up) s->hold_up();
    }
    if (held_up) windows_.hold_up();
  }
  void process(std::size_t sender, std::vector<reading> const& records) {
    std::vector<timestamp> times;
    for (auto const& r : records) times.push_back(r.at);
    senders_[sender]->process(records, times);
    carry(sender);
  }
  void pass(std::uint64_t checkpoint) {
    for (std::size_t s = 0; s < 2; ++s) {
      senders_[s]->pass({checkpoint, 0});
      carry(s);
    }
    windows_.pass({checkpoint, 0});
  }
  /// The senders come to the time one after the other.
  void advance(timestamp w) {
    for (std::size_t s = 0; s < 2; ++s) {
      senders_[s]->advance_watermark(w);
      carry(s);
    }
    windows_.advance_watermark(w);
  }
  harness<reading, window_result>& windows() { return windows_; }

 private:
  static node const& node_of(job& j, window_spec const& spec) {
    auto windows = j.source("readings", memory::values(std::vector<reading>{})).event_time(&reading::at, monotonous()).key_by(&reading::key).window(spec).aggregate<fingerprint>("windows");
    return j.graph().at(windows.end().node);
  }
  /// What the sender has given since goes to the windows.
  void carry(std::size_t sender) {
    auto const& from = *senders_[sender];
    auto& done = carried_[sender];
    std::vector<reading> const records(from.late().begin() + static_cast<std::ptrdiff_t>(done.records), from.late().end());
    std::vector<timestamp> times;
    for (auto const& r : records) times.push_back(r.at);
    if (!records.empty()) windows_.process(records, times);
    std::vector<part> const parts(from.output().begin() + static_cast<std::ptrdiff_t>(done.parts), from.output().end());
    std::vector<timestamp> const begins(from.main().times.begin() + static_cast<std::ptrdiff_t>(done.parts), from.main().times.end());
    if (!parts.empty()) windows_.give<part>(1, parts, begins, [](part const& p) { return hash_of(p.key); });
    done = {from.output().size(), from.late().size()};
  }

  struct counts {
    std::size_t parts = 0, records = 0;
  };
  job j_;
  node const& n_;
  harness<reading, window_result> windows_;
  std::unique_ptr<harness<reading, part>> senders_[2];
  counts carried_[2];
};

}  // namespace

TEST_CASE("windows of parts give what trying every window of every record gives, late records and re-firing included") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    auto spec = random_windows(random);
    if (random() % 2) spec = spec.allowed_lateness(duration{static_cast<std::int64_t>(random() % 30)});
    INFO("seed " << seed << " size " << spec.size.count() << " slide " << spec.slide.count() << " offset " << spec.offset.count() << " lateness " << spec.lateness.count());
    std::uint32_t const batch_sizes[] = {1, 7, 1024};
    windows_of_two_senders tested(spec, batch_sizes[seed % 3], seed % 2 == 0);
    window_reference expected(spec);
    std::int64_t now = static_cast<std::int64_t>(random() % 200) - 100;
    for (int round = 0; round < 40; ++round) {
      for (std::size_t sender = 0; sender < 2; ++sender) {
        std::vector<reading> records;
        for (std::size_t i = random() % 30; i > 0; --i) {
          records.push_back({timestamp{duration{now + static_cast<std::int64_t>(random() % 60) - 40}}, static_cast<std::int32_t>(random() % 5), static_cast<std::int64_t>(random() % 1000)});
          expected.process(records.back());
        }
        if (!records.empty()) tested.process(sender, records);
      }
      if (seed % 5 == 0) tested.pass(static_cast<std::uint64_t>(round + 1));
      now += static_cast<std::int64_t>(random() % 20);
      tested.advance(timestamp{duration{now - 15}});
      expected.advance(timestamp{duration{now - 15}});
    }
    tested.advance(end_of_time);
    expected.advance(end_of_time);
    CHECK(difference(expected.results, tested.windows().output()) == "");
    CHECK(difference(expected.late, tested.windows().late()) == "");
    CHECK(tested.windows().tested().counters().filtered.value() == expected.in_no_window);
  }
}

TEST_CASE("a part of a sender that was idle, which comes too late, is counted by its records") {
  windows_of_two_senders tested(tumbling_windows(duration{10}), 1024, false);
  tested.windows().advance_watermark(at(duration{30}));
  tested.process(0, {{at(duration{1}), 7, 1}, {at(duration{2}), 7, 1}, {at(duration{35}), 7, 1}});
  tested.advance(at(duration{50}));
  CHECK(tested.windows().tested().counters().late.value() == 2);
  CHECK(tested.windows().output() == std::vector<window_result>{{7, at(duration{30}), at(duration{40}), {1, 1}}});
}

TEST_CASE("a part within the allowed lateness updates windows that have fired, and they are given out again") {
  windows_of_two_senders tested(tumbling_windows(duration{10}).allowed_lateness(duration{100}), 1024, false);
  tested.windows().process({at(duration{3}), 7, 5}, at(duration{3})).advance_watermark(at(duration{30}));
  tested.process(0, {{at(duration{1}), 7, 1}, {at(duration{2}), 7, 1}});
  tested.advance(at(duration{50}));
  CHECK(tested.windows().output() == std::vector<window_result>{{7, at(duration{0}), at(duration{10}), {1, 5}}, {7, at(duration{0}), at(duration{10}), {3, 7}}});
}

TEST_CASE("whole jobs give the same with and without aggregating ahead, under every schedule") {
  std::size_t with_barriers = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    auto const spec = random_windows(random);
    window_reference expected(spec);
    std::vector<reading> readings;
    for (std::size_t i = 0, n = random() % 400; i < n; ++i) {
      readings.push_back({timestamp{duration{static_cast<std::int64_t>(i / 4) - 100 + static_cast<std::int64_t>(random() % 50)}}, static_cast<std::int32_t>(random() % 20), static_cast<std::int64_t>(random() % 1000)});
      expected.process(readings.back());
    }
    expected.advance(end_of_time);
    std::uint32_t const batch_sizes[] = {1, 7, 1024};
    settings s;
    s.parallelism(1 + random() % 4).batch_size(batch_sizes[random() % 3]).task_buffer(random() % 2 ? 1 : 1 << 20);
    INFO("seed " << seed << " parallelism " << s.parallelism() << " batch size " << s.batch_size() << " task buffer " << s.task_buffer());
    for (bool const ahead : {true, false}) {
      job j("windows");
      j.source("readings", memory::values(readings, 3)).event_time(&reading::at, out_of_order_by(duration{60})).key_by(&reading::key).window(spec).pre_aggregate(ahead).aggregate<fingerprint>("windows").sink("found", memory::discard());
      schedule how = deterministic(seed);
      how.barrier_every = seed % 3 == 0 ? 50 : 0;
      auto const r = testing::run(j, how, s);
      REQUIRE(r.end == job_result::how::finished);
      CHECK(difference(expected.results, r.of<window_result>("found")) == "");
      with_barriers += r.last_barrier > 0;
      for (auto const& o : r.operators) {
        INFO(o.name);
        CHECK(o.records_in == o.processed + o.late + o.filtered);
      }
    }
  }
  CHECK(with_barriers > 10);
}

TEST_CASE("whole jobs on threads give the same whether keys repeat or not, and where that changes") {
  auto const spec = tumbling_windows(duration{2'000});
  std::mt19937_64 random(7);
  std::vector<reading> readings;
  for (std::int64_t i = 0; i < 120'000; ++i) {
    std::int32_t const keys = i / 40'000 == 1 ? 100'000 : 10;
    readings.push_back({timestamp{duration{i / 4}}, static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(keys)), static_cast<std::int64_t>(random() % 1'000)});
  }
  std::map<std::pair<std::int64_t, std::int32_t>, fingerprint> sums;
  for (auto const& r : readings) sums[{r.at.time_since_epoch().count() / 2'000, r.key}].add(r);
  std::vector<window_result> expected;
  for (auto const& [window, sum] : sums) expected.push_back({window.second, at(duration{window.first * 2'000}), at(duration{(window.first + 1) * 2'000}), sum});
  for (std::uint32_t const parallelism : {1u, 2u, 3u}) {
    INFO("parallelism " << parallelism);
    auto found = std::make_shared<memory::collected<window_result>>();
    job j("windows");
    j.source("readings", memory::values(readings, 4)).event_time(&reading::at, monotonous()).key_by(&reading::key).window(spec).aggregate<fingerprint>("windows").sink("found", memory::collect(found));
    execute(j, settings{}.parallelism(parallelism));
    CHECK(difference(expected, found->values()) == "");
  }
}
