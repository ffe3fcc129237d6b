// Process functions with every kind of state and timer.

#include <catch2/catch.hpp>

#include <flow/flow.hpp>

#include "recovery/attack.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

tag<row> const large{"large"};

/// Keeps the larger one.
struct larger {
  std::int64_t operator()(std::int64_t a, std::int64_t b) const { return std::max(a, b); }
};

/// Adds five clicks of a user at a time, and tells of each 40 us in which a user has clicked.
struct fives {
  world* w;
  value_state<std::int64_t> sum;
  list_state<std::int64_t> recent;
  map_state<std::int64_t, std::int32_t> amounts;
  reducing_state<std::int64_t, larger> most;
  aggregating_state<mean<&click::amount>> averages;

  void open(open_context& context) {
    w->user("open");
    sum = context.state().value<std::int64_t>("sum");
    recent = context.state().list<std::int64_t>("recent");
    amounts = context.state().map<std::int64_t, std::int32_t>("amounts");
    most = context.state().reducing<std::int64_t, larger>("most");
    averages = context.state().aggregating<mean<&click::amount>>("averages");
  }
  void process(click const& c, auto& context, output<row>& out) {
    w->user("process");
    sum.change() += c.amount;
    recent.add(c.amount);
    most.add(c.amount);
    averages.add(c);
    ++amounts.change(c.amount % 7);
    if (c.amount > 900) context.emit(large, row{c.user, c.amount, c.at});
    if (recent.get().size() == 5) {
      recent.clear();
      out.emit(row{c.user, sum.get() * 10 + static_cast<std::int64_t>(amounts.size()), *most.find() + 10'000 * static_cast<std::int64_t>(averages.result())});
      if (sum.get() % 3 == 0) amounts.clear();
    }
    context.event_timer(timestamp{duration{(c.at / 40 + 1) * 40}});
    if (c.amount % 2) context.delete_event_timer(timestamp{duration{(c.at / 40 + 1) * 40}});
  }
  void on_timer(timestamp t, auto& context, output<row>& out) {
    w->user("on_timer");
    out.emit(row{context.key(), -1, t.time_since_epoch().count()});
  }
};

/// State that lives for a while: for so long that it outlives all here, and for so short that it does not.
struct forgetful {
  world* w;
  value_state<std::int64_t> for_long, for_short;
  list_state<std::int64_t> last;
  map_state<std::int64_t, std::int64_t> by_amount;
  void open(open_context& context) {
    for_long = context.state().value<std::int64_t>("long", time_to_live(10h));
    for_short = context.state().value<std::int64_t>("short", time_to_live(200us));
    last = context.state().list<std::int64_t>("last", time_to_live(1ms));
    by_amount = context.state().map<std::int64_t, std::int64_t>("by-amount", time_to_live(10h).on_read_and_write());
  }
  void process(click const& c, auto& context, output<row>& out) {
    w->user("forgetful");
    for_long.set(for_long.get() + 1);
    for_short.set(for_short.get() + 1);
    last.add(c.id);
    by_amount.change(c.amount % 5) += 1;
    out.emit(row{c.user, c.id, for_long.get() * 100 + static_cast<std::int64_t>(by_amount.size())});
    context.emit(large, row{c.user, for_short.get() * 1'000 + static_cast<std::int64_t>(last.get().size()), for_long.get()});
  }
};

/// Once for each user, a while after the first click.
struct reminder {
  world* w;
  value_state<bool> reminded;
  void open(open_context& context) { reminded = context.state().value<bool>("reminded"); }
  void process(click const&, auto& context, output<row>&) {
    if (!reminded.get()) context.processing_timer(context.processing_time() + 100us);
    reminded.set(true);
  }
  void on_timer(timestamp, auto& context, output<row>& out) {
    w->user("on_processing_timer");
    out.emit(row{context.key(), 1, 0});
  }
};

/// Gives records on in sevens, from lists that belong to no key.
struct sevens {
  world* w;
  operator_list<click> waiting;
  operator_list<std::int64_t> counts;
  void open(open_context& context) {
    waiting = context.operator_state().list<click>("waiting");
    counts = context.operator_state().union_list<std::int64_t>("counts");
    std::int64_t sum = 0;
    for (auto const n : counts.get()) sum += n;
    counts.set({context.subtask() == 0 ? sum : 0});
  }
  void process(click const& c, auto&, output<row>& out) {
    waiting.add(c);
    counts.set({counts.get().front() + 1});
    if (waiting.size() < 7) return;
    for (auto const& one : waiting.get()) out.emit(row{one.user, one.id, counts.get().front()});
    waiting.clear();
  }
};

void build(job& j, world& w, inputs const& in) {
  auto all = left(j, w, in);
  auto by_user = all.key_by(&click::user);
  auto found = by_user.process("fives", fives{&w, {}, {}, {}, {}, {}});
  found.sink("fives-out", w.sink("fives-out"));
  found.side(large).sink("large", w.sink("large"));
  auto remembered = by_user.process("forgetful", forgetful{&w, {}, {}, {}, {}});
  remembered.sink("remembered", w.sink("remembered"));
  remembered.side(large).sink("forgotten", w.sink("forgotten"));
  by_user.process("reminder", reminder{&w, {}}).sink("reminders", w.sink("reminders"));
  all.process("sevens", sevens{&w, {}, {}}).sink("sevens-out", w.sink("sevens-out"));
}

/// What is left in lists at the end are less than seven of each subtask; what has expired is not counted.
void holds(world const& w) {
  std::map<std::int64_t, int> given;
  std::int64_t most = 0;
  for (auto const& r : w.sorted("sevens-out")) {
    ++given[r.value];
    most = std::max(most, r.at);
  }
  auto const read = w.sorted("read-left");
  for (auto const& [id, times] : given)
    if (times != 1) throw std::runtime_error("record " + std::to_string(id) + " was given on " + std::to_string(times) + " times");
  if (given.size() > read.size() || given.size() + 4 * 6 < read.size()) throw std::runtime_error("of " + std::to_string(read.size()) + " records " + std::to_string(given.size()) + " were given on");
  if (most > static_cast<std::int64_t>(read.size())) throw std::runtime_error("more were counted than there are");
  auto const forgotten = w.sorted("forgotten");
  if (forgotten.size() != read.size()) throw std::runtime_error("not one answer for each record");
  for (auto const& r : forgotten)
    if (r.value / 1'000 < 1 || r.value / 1'000 > r.at || r.value % 1'000 < 1 || r.value % 1'000 > r.at) throw std::runtime_error("what has been forgotten is counted, or what has not is not");
}

}  // namespace

TEST_CASE("state, timers and lists of process functions are what they were, wherever a job is disturbed") {
  attack({build, {"forgotten", "sevens-out"}, holds});
}
