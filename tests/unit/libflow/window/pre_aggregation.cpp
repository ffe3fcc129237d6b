#include <catch2/catch.hpp>

#include <numeric>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>

#include "contract/window_reference.hpp"

using namespace flow;
using namespace flow::testing;

namespace {

using part = keyed_partial<std::int32_t, fingerprint>;

/// The operator ahead of the windows of a small job, alone: output 0 are parts, `late` the records that are handed on.
struct ahead_alone {
  explicit ahead_alone(window_spec const& spec, std::uint32_t batch_size = 1024) : j("ahead"), h(node_of(j, spec), hash_of_key, batch_size) {}
  ahead_alone& process(std::vector<reading> const& records) {
    std::vector<timestamp> times;
    for (auto const& r : records) times.push_back(r.at);
    h.process(records, times);
    return *this;
  }
  std::vector<part> const& parts() const { return h.output(); }
  std::int64_t records_in_parts() const {
    return std::accumulate(parts().begin(), parts().end(), std::int64_t{0}, [](std::int64_t n, part const& p) { return n + p.value.records; });
  }

  job j;
  harness<reading, part> h;

 private:
  static std::uint64_t hash_of_key(reading const& r) { return hash_of(r.key); }
  static node const& node_of(job& j, window_spec const& spec) {
    auto windows = j.source("readings", memory::values(std::vector<reading>{})).event_time(&reading::at, monotonous()).key_by(&reading::key).window(spec).aggregate<fingerprint>("windows");
    return *j.graph().at(windows.end().node).ahead;
  }
};

reading one(std::int64_t at, std::int32_t key, std::int64_t value = 1) { return {timestamp{duration{at}}, key, value}; }
auto const tens = tumbling_windows(duration{10});

/// More keys than fit one segment of the table, so that they are sent in several goes.
std::vector<reading> many_keys(std::int32_t n) {
  std::vector<reading> all;
  for (std::int32_t key = 0; key < n; ++key) all.push_back(one(3, key));
  return all;
}

}  // namespace

TEST_CASE("a part goes out when the watermark fires its slice, before the watermark, and no earlier") {
  ahead_alone a(tens);
  a.process({one(1, 7, 40), one(4, 7, 2), one(5, 8, 5), one(12, 7, 9)});
  a.h.advance_watermark(at(duration{8}));
  CHECK(a.parts().empty());
  CHECK(a.h.main().watermarks == std::vector<timestamp>{at(duration{8})});
  a.h.tested().watermark(at(duration{9}));
  REQUIRE(a.parts().size() == 2);
  auto const& seven = a.parts()[a.parts()[0].key == 7 ? 0 : 1];
  CHECK(seven.key == 7);
  CHECK(seven.value == fingerprint{2, 42});
  CHECK(seven.records == 2);
  CHECK(a.h.main().times == std::vector<timestamp>{at(duration{0}), at(duration{0})});
  CHECK(a.h.main().watermarks.back() == at(duration{9}));
  CHECK(a.h.late().empty());
  a.h.end();
  CHECK(a.parts().size() == 3);
}

TEST_CASE("records of slices that have fired, and of no window, are handed on as they are") {
  ahead_alone a(sliding_windows(duration{5}, duration{10}));
  a.h.advance_watermark(at(duration{14}));
  std::vector<reading> const behind{one(3, 1), one(13, 2), one(17, 3)};
  a.process({behind[0], behind[1], one(21, 1), behind[2]});
  CHECK(a.h.late() == behind);
  a.h.end();
  CHECK(a.records_in_parts() == 1);
}

TEST_CASE("while the receivers take no more neither parts nor the watermark behind them go out, and later all do") {
  ahead_alone a(tens, 64);
  a.process(many_keys(5'000));
  a.h.hold_up();
  a.h.tested().watermark(at(duration{20}));
  CHECK(a.h.tested().suspended());
  CHECK(a.parts().size() < 5'000);
  CHECK(a.h.main().watermarks.empty());
  std::size_t goes = 0;
  for (; a.h.tested().suspended(); ++goes) a.h.resume();
  CHECK(goes > 50);
  CHECK(a.records_in_parts() == 5'000);
  CHECK(a.h.main().watermarks == std::vector<timestamp>{at(duration{20})});
}

TEST_CASE("a barrier takes along what is held, also without room") {
  ahead_alone a(tens, 64);
  a.process(many_keys(5'000));
  a.h.hold_up();
  REQUIRE(a.h.tested().may_pass_barrier());
  a.h.pass({1, 0});
  CHECK(a.h.main().barriers == std::vector<std::uint64_t>{1});
  CHECK(a.records_in_parts() == 5'000);
  a.h.end();
  CHECK(a.records_in_parts() == 5'000);
}

TEST_CASE("an idle mark takes along what is held") {
  ahead_alone a(tens);
  a.process(many_keys(100));
  a.h.tested().idle();
  CHECK(a.parts().size() == 100);
  CHECK(a.h.main().idles == 1);
}

TEST_CASE("what is held is bounded: many keys, or many slices, go out before any watermark") {
  ahead_alone keys(tens);
  keys.process(many_keys(100'000));
  CHECK(keys.parts().size() + keys.h.late().size() > 100'000 - 20'000);
  ahead_alone slices(tens);
  for (std::int64_t t = 0; t < 10'000; t += 10) slices.process({one(t, 1)});
  CHECK(slices.parts().size() > 900);
}

TEST_CASE("records are handed on, batch by batch, where keys do not repeat, and aggregated again where they do") {
  ahead_alone a(tens);
  std::int32_t key = 0;
  auto const fresh = [&] {
    std::vector<reading> all;
    for (int i = 0; i < 1'000; ++i) all.push_back(one(3, ++key));
    return all;
  };
  for (int i = 0; i < 200; ++i) a.process(fresh());
  CHECK(a.h.late().size() > 100'000);
  std::vector<reading> const same(1'000, one(3, 5));
  std::size_t handed_on = 0;
  for (int i = 0; i < 4'000; ++i) {
    std::size_t const before = a.h.late().size();
    a.process(same);
    handed_on = a.h.late().size() - before;
  }
  CHECK(handed_on == 0);
  a.h.end();
  CHECK(a.records_in_parts() + static_cast<std::int64_t>(a.h.late().size()) == 200'000 + 4'000'000);
}
