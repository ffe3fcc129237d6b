// Joins of two streams, of a stream with itself, and functions of two inputs.

#include <catch2/catch.hpp>

#include <flow/flow.hpp>

#include "recovery/attack.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

row both(click const& a, click const& b) { return {a.user, a.id, b.id}; }
row either(click const* a, click const* b) { return {a ? a->user : b->user, a ? a->id : -1, b ? b->id : -1}; }
row perhaps(click const& a, click const* b) { return {a.user, a.id, b ? b->id : -1}; }

/// The sums of both sides, 100 us at a time.
struct in_step {
  world* w;
  map_state<std::int64_t, std::int64_t> lefts, rights;
  void open(open_context& context) {
    lefts = context.state().map<std::int64_t, std::int64_t>("lefts");
    rights = context.state().map<std::int64_t, std::int64_t>("rights");
  }
  void process_left(click const& c, auto& context, output<row>&) {
    w->user("process_left");
    add(lefts, c, context);
  }
  void process_right(click const& c, auto& context, output<row>&) {
    w->user("process_right");
    add(rights, c, context);
  }
  void on_timer(timestamp t, auto& context, output<row>& out) {
    auto const end = t.time_since_epoch().count();
    out.emit(row{context.key(), take(lefts, end) * 1'000'000 + take(rights, end), end});
  }

 private:
  static void add(map_state<std::int64_t, std::int64_t>& to, click const& c, auto& context) {
    std::int64_t const end = (c.at / 100 + 1) * 100;
    to.change(end) += c.amount;
    context.event_timer(timestamp{duration{end}});
  }
  static std::int64_t take(map_state<std::int64_t, std::int64_t>& from, std::int64_t end) {
    auto const* const found = from.find(end);
    auto const sum = found ? *found : 0;
    from.remove(end);
    return sum;
  }
};

/// Records wait until all rules up to the end of their 100 us are known.
struct by_rules {
  world* w;
  broadcast_state<std::int64_t, std::int64_t> rules;
  map_state<std::int64_t, std::int64_t> sums;
  void open(open_context& context) {
    rules = context.operator_state().broadcast_map<std::int64_t, std::int64_t>("rules");
    sums = context.state().map<std::int64_t, std::int64_t>("sums");
  }
  void process_record(click const& c, auto& context, output<row>&) {
    std::int64_t const end = (c.at / 100 + 1) * 100;
    sums.change(end) += c.amount;
    context.event_timer(timestamp{duration{end}});
  }
  void process_rule(click const& c, auto& context, output<row>&) {
    w->user("process_rule");
    context.writable(rules).put(c.id, c.at);
  }
  void on_timer(timestamp t, auto& context, output<row>& out) {
    auto const end = t.time_since_epoch().count();
    std::int64_t known = 0;
    rules.for_each([&](std::int64_t id, std::int64_t at) { known += at < end ? id + 1 : 0; });
    out.emit(row{context.key(), *sums.find(end) * 1'000 + known % 997, end});
    sums.remove(end);
  }
};

void build(job& j, world& w, inputs const& in) {
  auto lefts = left(j, w, in), rights = right(j, w, in);
  auto l = lefts.key_by(&click::user), r = rights.key_by(&click::user);
  l.interval_join(r).between(-50us, 80us).select("close", [&w](click const& a, click const& b) {
     w.user("select");
     return both(a, b);
   }).sink("close-out", w.sink("close-out"));
  l.interval_join(r).between(-10us, 5us).full_outer().select("near", either).sink("near-out", w.sink("near-out"));
  l.interval_join(l).between(1us, 120us).select("with-itself", both).sink("itself-out", w.sink("itself-out"));
  l.window_join(r, tumbling_windows(100us)).left_outer().select("windows", perhaps).sink("windows-out", w.sink("windows-out"));
  l.co_group(r, sliding_windows(100us, 50us)).select("groups", [](window_of<std::uint32_t> const& in_window, std::span<click const> a, std::span<click const> b) {
     std::int64_t sum = 0;
     for (auto const& c : a) sum += c.id;
     for (auto const& c : b) sum += 1'000'000 * c.id;
     return row{in_window.key, sum, in_window.end.time_since_epoch().count()};
   }).sink("groups-out", w.sink("groups-out"));
  l.temporal_join(r).left_outer().select("versions", perhaps).sink("versions-out", w.sink("versions-out"));
  l.connect(r).process("in-step", in_step{&w, {}, {}}).sink("in-step-out", w.sink("in-step-out"));
  l.connect(rights.broadcast()).process("by-rules", by_rules{&w, {}, {}}).sink("by-rules-out", w.sink("by-rules-out"));
}

}  // namespace

TEST_CASE("joins and functions of two inputs give each result once, wherever a job is disturbed") { attack({build}); }
