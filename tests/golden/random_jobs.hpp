#pragma once
// How the tests of whole jobs vary them, and jobs that several of them run.

#include <catch2/catch.hpp>

#include <random>
#include <string>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/snapshot/memory_snapshots.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/window_reference.hpp"

namespace flow::testing {

inline settings random_settings(std::mt19937_64& random, std::uint32_t most_parallelism = 4) {
  std::uint32_t const batch_sizes[] = {1, 7, 1024};
  settings s;
  s.parallelism(1 + random() % most_parallelism).batch_size(batch_sizes[random() % 3]).task_buffer(random() % 2 ? 1 : 1 << 20);
  return s;
}
inline std::string text(settings const& s) {
  return "parallelism " + std::to_string(s.parallelism()) + " batch size " + std::to_string(s.batch_size()) + " task buffer " + std::to_string(s.task_buffer());
}

/// Of 20 keys, out of order by less than 50 microseconds; so many come in one.
inline std::vector<reading> random_readings(std::mt19937_64& random, std::size_t n, std::size_t in_a_microsecond) {
  std::vector<reading> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back({timestamp{duration{static_cast<std::int64_t>(i / in_a_microsecond) - 100 + static_cast<std::int64_t>(random() % 50)}},
                   static_cast<std::int32_t>(random() % 20), static_cast<std::int64_t>(random() % 1000)});
  return all;
}

/// Runs a job that crashes up to five times and is restored each time, with another parallelism and batch size, until it comes to its
/// end. Says how often it went on from a checkpoint.
inline int run_with_crashes(job const& j, std::mt19937_64& random) {
  using namespace std::chrono_literals;
  memory_snapshots snapshots;
  int restored = 0;
  for (int crashes = 0;; ++crashes) {
    schedule how{.seed = random(), .barrier_every = 5 + random() % 20, .snapshots = &snapshots};
    if (crashes < 5) how.crash_after = random() % 400;
    auto const s = random_settings(random).checkpoint_interval(0s).keep_succeeded(true).restore({{restore_form::latest_or_fresh, 0, {}}, {}, {}, {}, false});
    INFO("run " << crashes << " with " << text(s));
    auto const r = testing::run(j, how, s);
    restored += r.checkpoints.restored > 0;
    if (r.crashed) continue;
    REQUIRE(r.end == job_result::how::finished);
    return restored;
  }
}

/// Windows by key, aggregated.
template <class Spec>
auto keyed_windows(job& j, std::vector<reading> const& readings, Spec const& spec, std::size_t splits) {
  return j.source("readings", memory::values(readings, splits))
      .event_time(&reading::at, out_of_order_by(duration{60}))
      .key_by(&reading::key)
      .window(spec)
      .template aggregate<fingerprint>("windows");
}

/// Runs them on threads, with every parallelism and batch size.
template <class Spec>
void check_on_threads(std::vector<reading> const& readings, Spec const& spec, std::vector<window_result> const& expected) {
  for (std::uint32_t const batch_size : {1u, 7u, 1024u})
    for (std::uint32_t const parallelism : {1u, 2u, 4u}) {
      INFO("parallelism " << parallelism << " batch size " << batch_size);
      auto found = std::make_shared<memory::collected<window_result>>();
      job j("windows");
      keyed_windows(j, readings, spec, 4).sink("found", memory::collect(found));
      execute(j, settings{}.parallelism(parallelism).batch_size(batch_size));
      CHECK(difference(expected, found->values()) == "");
    }
}

/// Such a job with what its sinks are given.
struct watched_windows {
  std::shared_ptr<memory::collected<window_result>> found = std::make_shared<memory::collected<window_result>>();
  std::shared_ptr<memory::collected<reading>> late = std::make_shared<memory::collected<reading>>();
  job j{"windows"};

  template <class Spec>
  watched_windows(std::vector<reading> const& readings, Spec const& spec) {
    auto windows = keyed_windows(j, readings, spec, 3);
    windows.sink("found", memory::collect(found));
    windows.late().sink("late", memory::collect(late));
  }
  void check(std::vector<window_result> const& expected) const {
    CHECK(difference(expected, found->values()) == "");
    CHECK(late->values().empty());
  }
};

/// Runs them while they crash and are restored; says how often they went on from a checkpoint.
template <class Spec>
int check_with_crashes(std::mt19937_64& random, std::vector<reading> const& readings, Spec const& spec, std::vector<window_result> const& expected) {
  watched_windows const windows(readings, spec);
  int const restored = run_with_crashes(windows.j, random);
  windows.check(expected);
  return restored;
}

/// Runs them under a schedule, and says what became of them.
template <class Spec>
job_result check_under(schedule const& how, settings const& s, std::vector<reading> const& readings, Spec const& spec, std::vector<window_result> const& expected) {
  watched_windows const windows(readings, spec);
  auto const r = testing::run(windows.j, how, s);
  REQUIRE(r.end == job_result::how::finished);
  windows.check(expected);
  for (auto const& o : r.operators) {
    INFO(o.name);
    CHECK(o.records_in == o.processed + o.late + o.filtered);
  }
  return r;
}

}  // namespace flow::testing
