#pragma once
// An actor system on one thread, whose schedule a seed picks and whose time moves only by hand.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <flow/actors.hpp>
#include <flow/flow.hpp>
#include <flow/memory.hpp>

namespace flow::testing {

class stage {
 public:
  explicit stage(std::uint64_t seed = 0) : config_(), system(config_), scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())), random_(seed) {}
  ~stage() { settle(); }

  /// Lets actors handle messages, in an order of the seed's, until none has any.
  void settle() {
    for (std::size_t steps = 0; !scheduler_.jobs.empty(); ++steps) {
      REQUIRE(steps < 1'000'000);
      step();
    }
  }
  void steps(std::size_t n) {
    for (; n > 0 && !scheduler_.jobs.empty(); --n) step();
  }
  bool at_rest() const { return scheduler_.jobs.empty() && !scheduler_.has_pending_timeout(); }
  void advance(std::chrono::nanoseconds d) {
    scheduler_.advance_time(d);
    settle();
  }
  /// What an actor answers, when all have come to rest; fails when that is nothing.
  template <class Response, class... Message, class Handle>
  Response ask(Handle const& whom, Message const&... message) {
    return answer<Response>(self->request(whom, caf::infinite, message...));
  }
  template <class Response, class Request>
  Response answer(Request request) {
    settle();
    REQUIRE(self->has_next_message());
    std::optional<Response> found;
    request.receive([&](Response& r) { found = std::move(r); }, [&](caf::error& e) { FAIL("an error in answer: " << system.render(e)); });
    return *found;
  }
  /// The error of a job that is answered.
  template <class Response, class Request>
  flow::error error_of(Request request) {
    settle();
    REQUIRE(self->has_next_message());
    std::optional<flow::error> found;
    auto const failed = [&](caf::error& e) { found = actors::from_caf(e); };
    if constexpr (std::is_void_v<Response>) request.receive([] {}, failed);
    else request.receive([](Response&) {}, failed);
    REQUIRE(found);
    return *found;
  }

 private:
  struct config : caf::actor_system_config {
    config() {
      set("scheduler.policy", caf::atom("testing"));
      set("logger.console", caf::atom("none"));
    }
  };
  void step() {
    auto& jobs = scheduler_.jobs;
    auto const chosen = jobs.begin() + static_cast<std::ptrdiff_t>(random_() % jobs.size());
    std::rotate(jobs.begin(), chosen, chosen + 1);
    scheduler_.run_once();
  }

  config config_;

 public:
  caf::actor_system system;
  caf::scoped_actor self{system};

 private:
  caf::scheduler::test_coordinator& scheduler_;
  std::mt19937_64 random_;
};

inline std::vector<std::int64_t> numbers(std::int64_t n, std::int64_t first = 0) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = first; i < first + n; ++i) all.push_back(i);
  return all;
}
inline auto endless() {
  return memory::generate<std::int64_t>(memory::unbounded, [](std::uint64_t i) { return static_cast<std::int64_t>(i); });
}
using found_numbers = std::shared_ptr<memory::collected<std::int64_t>>;
inline found_numbers collected_numbers() { return std::make_shared<memory::collected<std::int64_t>>(); }
inline std::vector<std::int64_t> sorted(std::vector<std::int64_t> v) {
  std::sort(v.begin(), v.end());
  return v;
}

/// An actor that does nothing until it is told to end.
inline caf::behavior idle_actor(caf::event_based_actor*) {
  return {[](int) {}};
}

}  // namespace flow::testing
