#include <catch2/catch.hpp>

#include <map>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/window_reference.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

/// After each `slide` records of a key, its last `size`; fewer where there have not been so many.
std::vector<window_result> last_records(std::vector<reading> const& all, std::size_t size, std::size_t slide) {
  std::map<std::int32_t, std::vector<reading>> of_key;
  std::vector<window_result> results;
  for (auto const& r : all) {
    auto& records = of_key[r.key];
    records.push_back(r);
    if (records.size() % slide != 0) continue;
    fingerprint sum;
    timestamp first = timestamp::max(), last = timestamp::min();
    for (std::size_t i = records.size() - std::min(size, records.size()); i < records.size(); ++i) {
      sum.add(records[i]);
      first = std::min(first, records[i].at);
      last = std::max(last, records[i].at);
    }
    results.push_back({r.key, first, last + duration{1}, sum});
  }
  return results;
}

std::vector<reading> random_readings(std::mt19937_64& random, std::size_t n, std::uint64_t keys) {
  std::vector<reading> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back({timestamp{duration{static_cast<std::int64_t>(random() % 1000)}}, static_cast<std::int32_t>(random() % keys), static_cast<std::int64_t>(random() % 1000)});
  return all;
}

std::size_t stored(operator_base& o) { return o.state().objects().front()->entries(); }

}  // namespace

TEST_CASE("windows of counted records give the last of each key, in the order in which they are full") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    std::size_t const size = 1 + random() % 12, slide = random() % 3 ? 1 + random() % 15 : size;
    std::uint32_t const batch_sizes[] = {1, 7, 1024};
    INFO("seed " << seed << " size " << size << " slide " << slide);
    job j("counts");
    auto results = j.source("readings", memory::values(std::vector<reading>{}))
                       .key_by(&reading::key)
                       .window(count_windows(static_cast<std::int64_t>(size), static_cast<std::int64_t>(slide)))
                       .aggregate<fingerprint>("windows");
    CHECK(j.graph().mistakes(1, 128).size() == 1);
    harness<reading, window_result> h(results, &reading::key, batch_sizes[seed % 3]);
    if (seed % 2) h.hold_up();
    auto const all = random_readings(random, random() % 300, 5);
    for (std::size_t i = 0; i < all.size();) {
      std::size_t const n = std::min<std::size_t>(all.size() - i, 1 + random() % 40);
      std::vector<reading> const records(all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(i + n));
      std::vector<timestamp> times;
      for (auto const& r : records) times.push_back(r.at);
      h.process(records, times);
      i += n;
      if (seed % 3 == 0) h.restore();
    }
    h.end();
    CHECK(h.output() == last_records(all, size, slide));
    auto const& c = h.tested().counters();
    CHECK(c.records_in.value() == c.processed.value() + c.filtered.value());
    CHECK(h.late().empty());
  }
}

TEST_CASE("a key whose counted windows are complete is no longer stored") {
  job j("counts");
  auto results = j.source("readings", memory::values(std::vector<reading>{})).key_by(&reading::key).window(count_windows(3)).aggregate<count>("windows");
  harness<reading, windowed<std::int32_t, std::int64_t>> h(results, &reading::key);
  for (int i = 0; i < 3; ++i) {
    for (std::int32_t k = 0; k < 50; ++k) h.process({timestamp{}, k, 1}, timestamp{});
    CHECK(stored(h.tested()) == (i < 2 ? 50 : 0));
  }
  CHECK(h.output().size() == 50);
}

TEST_CASE("counted windows over the whole stream are those of one key, and without event time records have the time of day") {
  job j("counts");
  using result = windowed<whole_stream, fingerprint>;
  auto results = j.source("readings", memory::values(std::vector<reading>{})).window(count_windows(2)).aggregate<fingerprint>("windows");
  CHECK(j.graph().parallelism_of(results.end().node, 4) == 1);
  harness<reading, result> h(results);
  h.advance_time(std::chrono::microseconds(5)).give<reading>(0, {{timestamp{}, 1, 1}}, {}, {});
  h.advance_time(std::chrono::microseconds(5)).give<reading>(0, {{timestamp{}, 2, 2}, {timestamp{}, 3, 4}}, {}, {});
  CHECK(h.output() == std::vector<result>{{timestamp{duration{5}}, timestamp{duration{11}}, {2, 3}}});
  h.end();
  CHECK(h.output().size() == 1);
}

TEST_CASE("a trigger may give out counted windows before they are full") {
  job j("counts");
  auto results = j.source("readings", memory::values(std::vector<reading>{}))
                     .key_by(&reading::key)
                     .window(count_windows(5).trigger(on_processing_time(duration{10})))
                     .aggregate<fingerprint>("windows");
  CHECK(j.graph().mistakes(1, 128).size() == 1);
  harness<reading, window_result> h(results, &reading::key);
  auto const give = [&](std::int64_t n) { h.process({timestamp{duration{n}}, 1, n}, timestamp{duration{n}}); };
  give(1);
  h.advance_time(std::chrono::microseconds(9));
  give(2);
  CHECK(h.output().empty());
  h.advance_time(std::chrono::microseconds(1));
  CHECK(h.output() == std::vector<window_result>{{1, timestamp{duration{1}}, timestamp{duration{3}}, {2, 3}}});
  for (std::int64_t n : {3, 4, 5}) give(n);
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[1].value == fingerprint{5, 15});
  h.advance_time(std::chrono::microseconds(100));
  CHECK(h.output().size() == 2);
  CHECK(stored(h.tested()) == 0);
}
