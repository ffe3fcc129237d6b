#include <catch2/catch.hpp>

#include <utility>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>

#include "contract/window_reference.hpp"

// Triggers as users write them.

using namespace flow;
using namespace flow::testing;

namespace {

timestamp micros(std::int64_t n) { return timestamp{duration{n}}; }

/// Gives a window out and empties it when its values come to 100; forgets what it holds at a value below 0; in between
/// gives it out when event time is 20 us behind the last record, and 50 us after the first by the machine's clock.
struct on_value {
  struct state {
    std::int64_t sum = 0;
    timestamp quiet_at = no_watermark;
    timestamp look_at = no_watermark;
    void merge(state const& other) {
      sum += other.sum;
      quiet_at = std::max(quiet_at, other.quiet_at);
      if (look_at == no_watermark) look_at = other.look_at;
    }
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(sum), CEREAL_NVP(quiet_at), CEREAL_NVP(look_at)); }
  };
  trigger_result on_record(reading const& r, auto& context) const {
    auto& s = context.state();
    if (s.quiet_at != no_watermark) context.delete_event_timer(s.quiet_at);
    s.quiet_at = context.timestamp() + duration{20};
    context.event_timer(s.quiet_at);
    if (s.look_at == no_watermark) context.processing_timer(s.look_at = context.processing_time() + duration{50});
    s.sum += r.value;
    if (r.value < 0) return stop(context, trigger_result::purge);
    return s.sum >= 100 ? stop(context, trigger_result::fire_and_purge) : trigger_result::go_on;
  }
  trigger_result on_event_time(timestamp at, auto& context) const {
    if (at != context.state().quiet_at || context.watermark() < at) throw std::logic_error("a timer that was not set");
    return trigger_result::fire;
  }
  trigger_result on_processing_time(timestamp at, auto& context) const {
    if (at != context.state().look_at || context.processing_time() < at) throw std::logic_error("a timer that was not set");
    return trigger_result::fire;
  }
  void on_merge(auto& context) const {
    if (context.state().quiet_at != no_watermark) context.event_timer(context.state().quiet_at);
    if (context.state().look_at != no_watermark) context.processing_timer(context.state().look_at);
  }

 private:
  static trigger_result stop(auto& context, trigger_result result) {
    auto& s = context.state();
    context.delete_event_timer(s.quiet_at);
    context.delete_processing_timer(s.look_at);
    s = {};
    return result;
  }
};

template <class Spec>
harness<reading, window_result> with(job& j, Spec const& spec, std::uint32_t batch_size = 1024) {
  auto results = j.source("readings", memory::values(std::vector<reading>{}))
                     .event_time(&reading::at, monotonous())
                     .key_by(&reading::key)
                     .window(spec)
                     .template aggregate<fingerprint>("windows");
  return harness<reading, window_result>(results, &reading::key, batch_size);
}
void give(harness<reading, window_result>& h, std::int64_t t, std::int64_t value, std::int32_t key = 1) { h.process({micros(t), key, value}, micros(t)); }

/// Fires with each timer, of which it sets three at once.
struct three_timers {
  trigger_result on_record(reading const&, auto& context) const {
    for (std::int64_t const t : {30, 10, 20, 10}) context.event_timer(context.timestamp() + duration{t});
    return trigger_result::go_on;
  }
  trigger_result on_event_time(timestamp, auto&) const { return trigger_result::fire; }
};

/// Sets itself again at each call.
struct ever_again {
  trigger_result on_record(reading const&, auto& context) const {
    context.processing_timer(context.processing_time() + duration{10});
    return trigger_result::go_on;
  }
  trigger_result on_processing_time(timestamp at, auto& context) const {
    context.processing_timer(at + duration{10});
    return trigger_result::fire;
  }
};

/// At the end of the input.
struct at_the_end {
  trigger_result on_record(reading const&, auto& context) const {
    context.event_timer(end_of_time);
    return trigger_result::go_on;
  }
  trigger_result on_event_time(timestamp at, auto&) const { return at == end_of_time ? trigger_result::fire_and_purge : trigger_result::go_on; }
};

struct failing : end_trigger {
  trigger_result on_end(auto&) const { throw std::runtime_error("unlucky"); }
};

}  // namespace

TEST_CASE("a trigger of one's own fires and purges by what it remembers of each window, and by its timers") {
  job j("own");
  auto h = with(j, tumbling_windows(duration{1'000}).trigger(on_value{}));
  give(h, 1, 60);
  give(h, 2, 60, 2);
  give(h, 3, 50);
  CHECK(h.output() == std::vector<window_result>{{1, micros(0), micros(1'000), {2, 110}}});  // key 2 has another sum
  give(h, 5, 10);
  h.advance_watermark(micros(24));
  REQUIRE(h.output().size() == 2);  // key 2 has been quiet since 2
  CHECK(h.output()[1] == window_result{2, micros(0), micros(1'000), {1, 60}});
  h.advance_watermark(micros(25));
  REQUIRE(h.output().size() == 3);
  CHECK(h.output()[2].value == fingerprint{1, 10});
  h.advance_time(std::chrono::microseconds(50));
  REQUIRE(h.output().size() == 5);  // both keys
  give(h, 30, -1);
  give(h, 31, 7);
  h.advance_watermark(micros(51));
  REQUIRE(h.output().size() == 6);
  CHECK(h.output()[5].value == fingerprint{1, 7});
  h.advance_watermark(micros(999));
  CHECK(h.output().size() == 6);  // it has no on_end
  CHECK(h.tested().state().objects().front()->entries() == 0);
}

TEST_CASE("sessions that merge merge what a trigger remembers of them, and their timers are set again") {
  job j("own");
  auto h = with(j, session_windows(duration{50}).trigger(on_value{}));
  give(h, 0, 60);
  give(h, 60, 30);
  give(h, 30, 5);  // joins the two: 95, quiet at 80 as far as they know, at 50 says this record
  h.advance_watermark(micros(49));
  CHECK(h.output().empty());
  h.advance_watermark(micros(50));
  CHECK(h.output() == std::vector<window_result>{{1, micros(0), micros(110), {3, 95}}});
  give(h, 55, 5);
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[1] == window_result{1, micros(0), micros(110), {4, 100}});
  h.advance_time(std::chrono::microseconds(1'000)).advance_watermark(micros(108));
  CHECK(h.output().size() == 2);
}

TEST_CASE("a window has as many timers as its trigger sets, each time once") {
  for (std::uint32_t const batch_size : {1u, 1024u}) {
    job j("own");
    auto h = with(j, tumbling_windows(duration{1'000}).trigger(three_timers{}), batch_size);
    if (batch_size == 1) h.hold_up();
    give(h, 0, 1);
    std::size_t const expected[] = {0, 1, 2, 3, 3, 3};
    for (std::int64_t i = 0; i < 6; ++i) {
      h.advance_watermark(micros(i < 5 ? 9 + i * 7 : 100));
      CHECK(h.output().size() == expected[i]);
    }
    give(h, 100, 1);
    h.advance_watermark(micros(998));
    CHECK(h.output().size() == 6);
  }
}

TEST_CASE("processing-time timers fire at the end of the input, and those set then do not") {
  job j("own");
  auto h = with(j, global_window().trigger(ever_again{}));
  give(h, 0, 1, 1);
  h.advance_time(std::chrono::microseconds(35));
  CHECK(h.output().size() == 3);
  give(h, 0, 1, 2);
  h.end();
  REQUIRE(h.output().size() == 5);
  CHECK(h.output()[3].key == 1);
  CHECK(h.output()[4].key == 2);
}

TEST_CASE("a global window gives all when its trigger has a timer for the end of time") {
  job j("own");
  auto h = with(j, global_window().trigger(at_the_end{}));
  for (std::int64_t i = 0; i < 10; ++i) give(h, i, i, static_cast<std::int32_t>(i % 2));
  h.advance_watermark(micros(1'000'000));
  CHECK(h.output().empty());
  h.end();
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[0].value.records + h.output()[1].value.records == 10);
  CHECK(h.tested().state().objects().front()->entries() == 0);
}

TEST_CASE("an exception in a trigger names the operator, the window and the key") {
  job j("own");
  auto h = with(j, session_windows(duration{50}).trigger(failing{}));
  give(h, 0, 1, 77);
  CHECK_THROWS_WITH(h.end(), Catch::Contains("'windows'") && Catch::Contains("unlucky") && Catch::Contains("key 77"));
}

namespace {

/// Sets a timer of each kind for the first record of a window and not again.
struct first_only {
  struct state {
    bool set = false;
    void merge(state const& other) { set = set || other.set; }
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(set)); }
  };
  trigger_result on_record(reading const&, auto& context) const {
    if (!std::exchange(context.state().set, true)) {
      context.processing_timer(context.processing_time() + duration{10});
      context.event_timer(context.timestamp() + duration{10});
    }
    return trigger_result::go_on;
  }
  trigger_result on_event_time(timestamp, auto&) const { return trigger_result::fire; }
  trigger_result on_processing_time(timestamp, auto&) const { return trigger_result::fire; }
  void on_merge(auto&) const {}
};

}  // namespace

TEST_CASE("the timers of a session are removed when it grows, and stay when a record is within it") {
  for (bool const grows : {false, true}) {
    job j("own");
    auto h = with(j, session_windows(duration{50}).trigger(first_only{}));
    give(h, 20, 1);
    give(h, grows ? 25 : 20, 2);
    h.advance_time(std::chrono::microseconds(10));
    CHECK(h.output().size() == (grows ? 0 : 1));
    h.advance_watermark(micros(30));
    CHECK(h.output().size() == (grows ? 0 : 2));
  }
}
