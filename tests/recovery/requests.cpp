// Requests to the outside that are under way when a job is disturbed, and records that are led aside.

#include <catch2/catch.hpp>

#include <deque>

#include <flow/flow.hpp>

#include "recovery/attack.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

/// What is asked outside. Answers now, or when another asks; what is left over is asked again when its time is up.
template <class Question>
class slow_in_turn {
 public:
  slow_in_turn(world& w, char const* point, std::int64_t (*answer)(Question const&)) : world_(&w), point_(point), answer_(answer) {}
  void operator()(Question const& q, reply<std::int64_t> r) const {
    world_->user(point_);
    auto& waiting = state_->waiting;
    waiting.emplace_back(q, std::move(r));
    if (++state_->calls % 3 == 0) return;
    while (!waiting.front().second.awaited()) waiting.pop_front();  // of an attempt that has ended
    auto const [asked, first] = waiting.front();
    waiting.pop_front();
    auto const a = answer_(asked);
    if (a >= 0) first.answer(a); else first.answer_none();
  }

 private:
  struct state {
    std::deque<std::pair<Question, reply<std::int64_t>>> waiting;
    std::uint64_t calls = 0;
  };
  world* world_;
  char const* point_;
  std::int64_t (*answer_)(Question const&);
  std::shared_ptr<state> state_ = std::make_shared<state>();  // of all subtasks
};

std::int64_t of_click(click const& c) { return c.id * 3; }
std::int64_t of_user(std::uint32_t const& user) { return user % 5 == 0 ? -1 : user * 7; }

click odd(click const& c) {
  if (c.amount % 13 == 0) throw std::runtime_error("unlucky");
  return c;
}

void build(job& j, world& w, inputs const& in) {
  auto all = left(j, w, in);
  all.async("in-order", slow_in_turn<click>(w, "ask", of_click), ordered, in_flight(8), timeout(200us), retry(1'000).backoff(20us, 100us))
      .map([](std::int64_t n) { return row{0, n, 0}; })
      .sink("in-order-out", w.sink("in-order-out"));
  all.async("as-they-come", slow_in_turn<click>(w, "ask-too", of_click), unordered, in_flight(5), timeout(200us), retry(1'000).backoff(20us, 100us))
      .window(tumbling_windows(100us))
      .aggregate<count>("answers")
      .map([](auto const& r) { return row{0, r.value, r.end.time_since_epoch().count()}; })
      .sink("answers-out", w.sink("answers-out"));
  all.key_by(&click::user)
      .lookup_join(slow_in_turn<std::uint32_t>(w, "look-up", of_user), cache(6, 1ms), timeout(200us), retry(1'000).backoff(20us, 100us))
      .left_outer()
      .select("known", [](click const& c, std::int64_t const* found) { return row{c.user, c.id, found ? *found : -1}; })
      .sink("known-out", w.sink("known-out"));
  auto some = all.map([&w](click const& c) {
    w.user("map");
    return c;
  }).map(odd, divert_failures).named("odd");
  some.flat_map<row>([](click const& c, output<row>& out) {
    for (std::int64_t i = 0; i < c.amount % 3; ++i) out.emit(row{c.user, c.id, i});
  }).sink("some", w.sink("some"));
  some.failed().map([](failed_record<click> const& f) { return row{f.record.user, f.record.id, f.record.at}; }).sink("failed", w.sink("failed"));
}

}  // namespace

TEST_CASE("requests under way and records that failed come out once, wherever a job is disturbed") { attack({build}); }
