// The contract of every operator that remembers something: it is snapshotted and made again at random points of a random script,
// from a savepoint, from a chain of checkpoints some of which were given up, and divided between subtasks. What it gives is
// what an undisturbed one gives.

#include <catch2/catch.hpp>

#include <random>

#include <flow/flow.hpp>
#include <flow/memory/values.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

struct event {
  timestamp at{};
  std::int32_t key = 0;
  std::int64_t n = 0;
  bool operator==(event const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(at), CEREAL_NVP(key), CEREAL_NVP(n)); }
};

struct step {
  enum class kind { left, right, watermark, time, again } what;
  std::vector<event> records{};
  std::int64_t amount = 0;
};
enum class disturbance { none, savepoint, chain, rescale, all };

/// Records are up to 40 us behind and 20 us before the time that watermarks follow: some are late.
std::vector<step> script(std::mt19937_64& random, bool two_inputs) {
  std::vector<step> all;
  std::int64_t now = 0, number = 0;
  for (int round = 0; round < 60; ++round) {
    step s{step::kind::left};
    switch (random() % 6) {
      case 0: s = {step::kind::watermark, {}, (now += static_cast<std::int64_t>(random() % 40)) - 15}; break;
      case 1: s = {step::kind::time, {}, static_cast<std::int64_t>(random() % 30)}; break;
      default:
        if (two_inputs && random() % 2) s.what = step::kind::right;
        for (auto n = 1 + random() % 12; n > 0; --n)
          s.records.push_back({timestamp{duration{now + static_cast<std::int64_t>(random() % 60) - 40}}, static_cast<std::int32_t>(random() % 6), ++number});
    }
    all.push_back(std::move(s));
    all.push_back({step::kind::again});
  }
  return all;
}

struct arguments_of_run {
  disturbance what = disturbance::none;
  bool held_up = false, keyed = true, keyed_right = true;
  std::uint32_t batch_size = 7;
};

template <class H>
void disturb(H& h, disturbance what, bool keyed, std::mt19937_64& random) {
  if (what == disturbance::all) what = static_cast<disturbance>(random() % 4);
  switch (what) {
    case disturbance::savepoint: h.restore(); break;
    case disturbance::chain:
      h.checkpoint(false);
      h.checkpoint();
      if (random() % 3) h.restore_checkpoint();
      break;
    case disturbance::rescale:
      if (keyed) h.rescale(2 + static_cast<std::uint32_t>(random() % 4));
      break;
    default: break;
  }
}

/// All that an operator gives, late records included.
template <class Out, class Stream>
std::vector<std::string> output_of(Stream const& s, std::vector<step> const& steps, arguments_of_run const& how, std::uint64_t seed) {
  auto const& node = s.end().job->at(s.end().node);
  std::function<std::uint64_t(event const&)> const by_key = [](event const& e) { return hash_of(e.key); };
  harness<event, Out> h(node, node.keyed ? by_key : nullptr, how.batch_size);
  std::mt19937_64 random(seed);
  if (how.held_up) h.hold_up();
  for (auto const& one : steps) {
    std::vector<timestamp> times;
    for (auto const& r : one.records) times.push_back(r.at);
    switch (one.what) {
      case step::kind::left: h.give(0, one.records, times, how.keyed ? by_key : nullptr); break;
      case step::kind::right: h.give(1, one.records, times, how.keyed_right ? by_key : nullptr); break;
      case step::kind::watermark: h.advance_watermark(timestamp{duration{one.amount}}); break;
      case step::kind::time: h.advance_time(std::chrono::microseconds(one.amount)); break;
      case step::kind::again: disturb(h, how.what, how.keyed, random); break;
    }
  }
  h.end();
  auto texts = sorted_texts(h.output());
  for (auto const& text : sorted_texts(h.late())) texts.push_back("late " + text);
  return texts;
}

/// Keeps the larger one.
struct larger {
  std::int64_t operator()(std::int64_t a, std::int64_t b) const { return std::max(a, b); }
};

struct fives {
  value_state<std::int64_t> sum;
  list_state<std::int64_t> recent;
  map_state<std::int64_t, std::int64_t> seen;
  reducing_state<std::int64_t, larger> most;
  aggregating_state<mean<&event::n>> averages;
  value_state<std::int64_t> short_lived;
  void open(open_context& c) {
    sum = c.state().value<std::int64_t>("sum");
    recent = c.state().list<std::int64_t>("recent");
    seen = c.state().map<std::int64_t, std::int64_t>("seen");
    most = c.state().reducing<std::int64_t, larger>("most");
    averages = c.state().aggregating<mean<&event::n>>("averages");
    short_lived = c.state().value<std::int64_t>("short-lived", time_to_live(40us));
  }
  void process(event const& e, auto& context, output<event>& out) {
    sum.change() += e.n;
    recent.add(e.n);
    most.add(e.n * 7 % 13);
    averages.add(e);
    seen.change(e.n % 5) += 1;
    short_lived.set(short_lived.get() + 1);
    out.emit({timestamp{duration{short_lived.get()}}, e.key, e.n});
    context.event_timer(e.at + 30us);
    if (e.n % 3 == 0) context.processing_timer(context.processing_time() + 20us);
    if (e.n % 4 == 0) context.delete_event_timer(e.at + 30us);
    if (recent.get().size() < 5) return;
    out.emit({timestamp{duration{*most.find() + 100 * static_cast<std::int64_t>(averages.result())}}, e.key, sum.get() * 100 + static_cast<std::int64_t>(seen.size())});
    recent.clear();
    if (e.n % 2) seen.remove(e.n % 5);
  }
  void on_timer(timestamp t, auto& context, output<event>& out) { out.emit({t, context.key(), -sum.get()}); }
};

struct both_sides {
  value_state<std::int64_t> left, right;
  void open(open_context& c) {
    left = c.state().value<std::int64_t>("left");
    right = c.state().value<std::int64_t>("right");
  }
  void process_left(event const& e, auto&, output<event>& out) { out.emit({e.at, e.key, left.change() += e.n}); }
  void process_right(event const& e, auto& context, output<event>& out) {
    out.emit({e.at, e.key, left.get() * 1'000 + (right.change() += e.n)});
    context.event_timer(e.at);
  }
  void on_timer(timestamp t, auto& context, output<event>& out) { out.emit({t, context.key(), right.get()}); }
};

struct ruled {
  broadcast_state<std::int64_t, std::int64_t> rules;
  value_state<std::int64_t> sum;
  void open(open_context& c) {
    rules = c.operator_state().broadcast_map<std::int64_t, std::int64_t>("rules");
    sum = c.state().value<std::int64_t>("sum");
  }
  void process_record(event const& e, auto&, output<event>& out) {
    auto const* const rule = rules.find(e.n % 7);
    out.emit({e.at, e.key, (sum.change() += rule ? *rule : 1)});
  }
  void process_rule(event const& e, auto& context, output<event>&) { context.writable(rules).put(e.n % 7, e.n); }
};

struct lists {
  operator_list<event> waiting;
  void open(open_context& c) { waiting = c.operator_state().list<event>("waiting"); }
  void process(event const& e, auto&, output<event>& out) {
    waiting.add(e);
    if (waiting.size() < 7) return;
    for (auto const& w : waiting.get()) out.emit(w);
    waiting.clear();
  }
};

/// Calls `check(name, stream, two_inputs, keyed_right)` with each operator, made behind streams of a job.
template <class F>
void for_each_operator(job& j, F check) {
  auto const in = [&](char const* name) { return j.source(name, memory::values(std::vector<event>{})).event_time(&event::at, monotonous()); };
  auto const left = in("left"), right = in("right");
  auto const l = left.key_by(&event::key), r = right.key_by(&event::key);
  using total = sum<&event::n>;
  auto const windows = [&](char const* name, auto const& spec) { check(name, l.window(spec).template aggregate<total>(name), false, false); };
  windows("tumbling", tumbling_windows(20us, 3us));
  windows("sliding", sliding_windows(50us, 15us));
  windows("lateness", sliding_windows(30us, 20us).allowed_lateness(25us));
  windows("sessions", session_windows(8us).allowed_lateness(10us));
  windows("counted", count_windows(5));
  windows("counted-sliding", count_windows(6, 2));
  windows("global", global_window().trigger(on_count(4)).discarding());
  windows("early-and-late", tumbling_windows(40us).trigger(on_event_time().early_every(10us).late_every(15us)).allowed_lateness(30us));
  windows("on-processing-time", tumbling_windows(40us).trigger(on_processing_time(15us)));
  windows("of-processing-time", tumbling_windows(25us).processing_time());
  check("top", l.window(tumbling_windows(30us)).template aggregate<top<3, &event::n>>("top"), false, false);
  check("distinct", l.window(sliding_windows(30us, 10us)).template aggregate<distinct_count<&event::n>>("distinct"), false, false);
  check("reduced", l.window(tumbling_windows(30us)).reduce("reduced", [](event const& a, event const& b) { return a.n > b.n ? a : b; }), false, false);
  check("records", l.window(sliding_windows(30us, 10us)).process("records", [](auto const& w, std::span<event const> all, output<event>& out) {
    for (auto const& e : all) out.emit({w.end, w.key, e.n});
  }), false, false);
  check("whole-records", left.window(tumbling_windows(30us)).process("whole-records", [](auto const& w, std::span<event const> all, output<event>& out) {
    out.emit({w.end, 0, static_cast<std::int64_t>(all.size())});
  }), false, false);
  check("process", l.process("process", fives{}), false, false);
  check("lists", left.process("lists", lists{}), false, false);
  check("two-inputs", l.connect(r).process("two-inputs", both_sides{}), true, true);
  check("rules", l.connect(right.broadcast()).process("rules", ruled{}), true, false);
  auto const pair = [](event const& a, event const& b) { return event{a.at, a.key, a.n * 1'000 + b.n}; };
  auto const either = [](event const* a, event const* b) { return event{a ? a->at : b->at, a ? a->key : b->key, (a ? a->n * 1'000 : 0) + (b ? b->n : 0)}; };
  auto const perhaps = [](event const& a, event const* b) { return event{a.at, a.key, a.n * 1'000 + (b ? b->n : 0)}; };
  check("interval", l.interval_join(r).between(-20us, 10us).select("interval", pair), true, true);
  check("interval-outer", l.interval_join(r).between(-5us, 5us).full_outer().select("interval-outer", either), true, true);
  check("window-join", l.window_join(r, sliding_windows(30us, 15us)).full_outer().select("window-join", either), true, true);
  check("co-group", l.co_group(r, tumbling_windows(20us)).select("co-group", [](window_of<std::int32_t> const& w, std::span<event const> a, std::span<event const> b) {
    return event{w.end, w.key, static_cast<std::int64_t>(a.size() * 1'000 + b.size())};
  }), true, true);
  check("temporal", l.temporal_join(r).left_outer().select("temporal", perhaps), true, true);
}

char const* name_of(disturbance d) {
  static constexpr char const* names[] = {"nothing", "savepoints", "chains of checkpoints", "other numbers of subtasks", "all of it"};
  return names[static_cast<int>(d)];
}

}  // namespace

TEST_CASE("an operator that is made again from what it has declared goes on as if nothing had happened, whichever it is") {
  job j("operators");
  for_each_operator(j, [](char const* name, auto const& stream, bool two_inputs, bool keyed_right) {
    using out = typename std::decay_t<decltype(stream)>::record_type;
    bool const keyed = stream.end().job->at(stream.end().node).keyed;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      std::mt19937_64 random(seed);
      auto const steps = script(random, two_inputs);
      std::uint32_t const batch_sizes[] = {1, 7, 1024};
      arguments_of_run how{disturbance::none, false, keyed, keyed_right, batch_sizes[seed % 3]};
      auto const expected = output_of<out>(stream, steps, how, seed);
      how.held_up = seed % 2;
      for (auto const what : {disturbance::none, disturbance::savepoint, disturbance::chain, disturbance::rescale, disturbance::all}) {
        INFO(name << ", seed " << seed << ", disturbed by " << name_of(what) << (how.held_up ? ", held up" : ""));
        how.what = what;
        CHECK(difference(expected, output_of<out>(stream, steps, how, seed)) == "");
      }
    }
  });
}
