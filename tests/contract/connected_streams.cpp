#include <catch2/catch.hpp>

#include <map>
#include <random>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>

#include "contract/payment.hpp"

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

namespace {

struct limit {
  std::string account;
  std::int64_t cents = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(account), CEREAL_NVP(cents)); }
};
struct line {
  std::string text;
  std::int64_t number = 0;
  bool operator==(line const&) const = default;
  auto operator<=>(line const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(text), CEREAL_NVP(number)); }
};
using lines = std::vector<line>;


/// Says payments above the limit of their account, which comes by the other stream.
struct limited {
  value_state<std::int64_t> limit_of;
  void open(open_context& context) { limit_of = context.state().value<std::int64_t>("limit"); }
  void process_left(payment const& p, auto& context, output<line>& out) {
    if (auto const* most = limit_of.find(); most && p.cents > *most) out.emit({context.key(), p.cents});
  }
  void process_right(limit const& l, auto& context, output<line>& out) {
    limit_of.set(l.cents);
    out.emit({"limit of " + context.key(), l.cents});
    context.event_timer(saturating_add(context.watermark(), 10s));
  }
  void on_timer(timestamp at, auto& context, output<line>& out) {
    out.emit({"timer of " + context.key(), micros(at)});
    limit_of.clear();
  }
};

/// Counts how often each account was seen, and takes the smallest payment that counts from a broadcast stream.
struct counted {
  broadcast_state<std::string, std::int64_t> smallest;
  value_state<std::int64_t> seen;
  void open(open_context& context) {
    smallest = context.operator_state().broadcast_map<std::string, std::int64_t>("smallest");
    seen = context.state().value<std::int64_t>("seen");
  }
  void process_record(payment const& p, auto& context, output<line>& out) {
    auto const* const least = smallest.find("all");
    if (least && p.cents >= *least) out.emit({context.key(), ++seen.change()});
  }
  void process_rule(limit const& l, auto& context, output<line>&) { context.writable(smallest).put(l.account, l.cents); }
};

struct uses_key_in_rule : counted {
  void process_rule(limit const&, auto&, output<line>&) { seen.set(1); }
};

struct both {
  value_state<std::int64_t> left, right;
  void open(open_context& context) {
    left = context.state().value<std::int64_t>("left");
    right = context.state().value<std::int64_t>("right");
  }
  void process_left(payment const&, auto& context, output<line>& out) { ++left.change(); say(context, out); }
  void process_right(limit const&, auto& context, output<line>& out) { ++right.change(); say(context, out); }
  void say(auto& context, output<line>& out) { out.emit({context.key(), left.get() * right.get()}); }
};

struct single {
  operator_list<std::int64_t> sums;
  bool closed = false;
  tag<line> odd{"odd"};
  void open(open_context& context) {
    sums = context.operator_state().list<std::int64_t>("sums");
    if (context.parallelism() != 1 || context.subtask() != 0) throw std::logic_error("another subtask");
  }
  void process(payment const& p, auto& context, output<line>& out) {
    sums.add(p.cents);
    if (p.cents % 2 == 1) context.emit(odd, line{"odd", p.cents});
    out.emit({p.account, static_cast<std::int64_t>(sums.size())});
  }
};

struct either {
  void process_left(payment const& p, auto&, output<line>& out) { out.emit({"left", p.cents}); }
  void process_right(limit const& l, auto&, output<line>& out) { out.emit({"right", l.cents}); }
};

struct with_rules {
  broadcast_state<std::string, std::int64_t> rules;
  void open(open_context& context) { rules = context.operator_state().broadcast_map<std::string, std::int64_t>("rules"); }
  void process_record(payment const&, auto&, output<line>& out) { out.emit({"rules", static_cast<std::int64_t>(rules.size())}); }
  void process_rule(limit const& l, auto& context, output<line>& out) {
    context.writable(rules).put(l.account, l.cents);
    out.emit({"rule", l.cents});
  }
};

struct closing {
  std::shared_ptr<lines> log;
  bool uses_state = false;
  value_state<bool> state;
  void open(open_context& context) { state = context.state().value<bool>("state"); }
  void process(payment const& p, auto& context, output<line>&) {
    log->push_back({"record", p.cents});
    context.event_timer(at(9s));
  }
  void on_timer(timestamp, auto&, output<line>&) { log->push_back({"timer"}); }
  void close() {
    log->push_back({"close"});
    if (uses_state) state.set(true);
  }
};

struct endless {
  void process(payment const&, auto& context, output<line>&) { context.event_timer(at(1s)); }
  void on_timer(timestamp t, auto& context, output<line>&) { context.event_timer(t + 1us); }
};

payment pay(std::string account, std::int64_t cents, std::int64_t at = 0) { return {std::move(account), cents, timestamp{duration{at}}}; }
}  // namespace

TEST_CASE("a function of two keyed streams shares state and timers between them") {
  job j{"j"};
  auto payments = j.source("payments", memory::values<payment>({})).event_time(&payment::at, monotonous());
  auto limits = j.source("limits", memory::values<limit>({})).event_time([](limit const&) { return timestamp{}; }, monotonous());
  auto out = payments.key_by(&payment::account).connect(limits.key_by(&limit::account)).process("limited", limited{});
  harness<payment, line> h{out, &payment::account};
  h.process(pay("a", 500), at(1s)).advance_watermark(1s);
  h.process_right(limit{"a", 100}, at(2s), &limit::account).process(pay("b", 500), at(3s)).process(pay("a", 500), at(3s)).process(pay("a", 50), at(3s));
  CHECK(h.output() == lines{{"limit of a", 100}, {"a", 500}});
  CHECK(h.main().times == std::vector<timestamp>{at(2s), at(3s)});
  h.advance_watermark(11s);
  CHECK(h.output().back() == line{"timer of a", 11'000'000});
  h.process(pay("a", 500), at(12s));
  CHECK(h.output().size() == 3);
}

TEST_CASE("records of two streams meet by key whatever the parallelism and the order in which they come") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    std::vector<payment> payments;
    std::vector<limit> limits;
    for (int i = 0; i < 50; ++i) {
      payments.push_back(pay("account " + std::to_string(i % 10), i, i));
      limits.push_back({"account " + std::to_string(i % 10), i});
    }
    job j{"j"};
    auto left = j.source("payments", memory::values(payments)).event_time(&payment::at, monotonous());
    auto right = j.source("limits", memory::values(limits));
    left.key_by(&payment::account).connect(right.key_by(&limit::account)).process("both", both{}).sink("out", memory::discard());
    auto const results = run(j, deterministic(seed), settings{}.parallelism(3).batch_size(4));
    std::map<std::string, std::int64_t> most;
    for (auto const& l : results.of<line>("out")) most[l.text] = std::max(most[l.text], l.number);
    CHECK(results.of<line>("out").size() == 100);
    CHECK(most.size() == 10);
    for (auto const& [account, product] : most) CHECK(product == 25);
  }
}

TEST_CASE("every subtask is told the rules of a broadcast stream, which do not hold the watermark back") {
  std::vector<payment> payments;
  for (int i = 0; i < 200; ++i) payments.push_back(pay(std::to_string(i % 20), i % 2, i));
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    job j{"j"};
    auto rules = j.source("rules", memory::values<limit>({{"all", 1}}));
    auto checked = j.source("payments", memory::values(payments)).event_time(&payment::at, monotonous()).key_by(&payment::account).connect(rules.broadcast()).process("counted", counted{});
    checked.key_by(&line::text).window(tumbling_windows(1s)).aggregate<count>("per-second").sink("out", memory::discard());
    checked.sink("all", memory::discard());
    auto const results = run(j, deterministic(seed), settings{}.parallelism(2).batch_size(8));
    std::int64_t total = 0;
    for (auto const& w : results.of<windowed<std::string, std::int64_t>>("out")) total += w.value;
    CHECK(total == static_cast<std::int64_t>(results.of<line>("all").size()));
    for (auto const& l : results.of<line>("all")) CHECK(std::stoi(l.text) % 2 == 1);
  }
}

TEST_CASE("a rule has no key: keyed state cannot be used for it") {
  job j{"j"};
  auto rules = j.source("rules", memory::values<limit>({}));
  auto out = j.source("payments", memory::values<payment>({})).key_by(&payment::account).connect(rules.broadcast()).process("counted", uses_key_in_rule{});
  harness<payment, line> h{out, &payment::account};
  h.process(pay("a", 1), at(1s));
  CHECK_THROWS_WITH(h.process_right(limit{"x", 1}, at(1s)), Catch::Contains("counted") && Catch::Contains("no key"));
}

TEST_CASE("functions without keys take one stream, two, or one and rules") {
  job j{"j"};
  auto payments = j.source("payments", memory::values<payment>({pay("a", 1), pay("b", 2)}));
  auto limits = j.source("limits", memory::values<limit>({{"c", 3}}));
  auto alone = payments.process("single", single{});
  alone.sink("out-single", memory::discard());
  alone.side(tag<line>{"odd"}).sink("odd", memory::discard());
  payments.connect(limits).process("pair", either{}).sink("out-pair", memory::discard());
  payments.connect(limits.broadcast()).process("with-rules", with_rules{}).sink("out-rules", memory::discard());
  auto const results = run(j, deterministic(3), settings{}.parallelism(1));
  CHECK(results.of<line>("out-single") == lines{{"a", 1}, {"b", 2}});
  CHECK(results.of<line>("odd") == lines{{"odd", 1}});
  auto sorted = results.of<line>("out-pair");
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == lines{{"left", 1}, {"left", 2}, {"right", 3}});
  CHECK(results.of<line>("out-rules").size() == 3);
}

TEST_CASE("streams of two jobs are not connected") {
  job a{"a"}, b{"b"};
  auto left = a.source("left", memory::values<payment>({}));
  auto right = b.source("right", memory::values<limit>({}));
  left.connect(right).process("pair", either{}).sink("out", memory::discard());
  right.sink("other", memory::discard());
  CHECK_THROWS_WITH(check(a, settings{}), Catch::Contains("process 'pair': the streams belong to two jobs"));
}

// ---- processing time

namespace {
/// Gives what it was given when the time has come.
struct delayed {
  reducing_state<std::int64_t> sum;
  void open(open_context& context) { sum = context.state().reducing<std::int64_t>("sum"); }
  void process(payment const& p, auto& context, output<line>& out) {
    sum.add(p.cents);
    timestamp const due = context.processing_time() + duration{p.cents};
    if (p.cents < 0) context.delete_processing_timer(context.processing_time() - duration{p.cents});
    else context.processing_timer(due);
    if (p.cents == 7) context.event_timer(timestamp{duration{50}});
    static_cast<void>(out);
  }
  void on_timer(timestamp at, auto& context, output<line>& out) {
    bool const event = context.time_domain() == time_domain::event;
    out.emit({context.key() + (event ? " event" : " processing"), micros(at)});
    if (!event && micros(at) % 10 == 5) context.processing_timer(at + duration{1});
  }
};
}  // namespace

TEST_CASE("processing-time timers fire when the time of day has come, in its order, once, and can be deleted") {
  harness h{delayed{}, &payment::account};
  h.process({pay("a", 300), pay("b", 200), pay("a", 100), pay("a", 100), pay("c", 400)}, std::vector<timestamp>(5, at(1s)));
  h.process(pay("c", -400), at(1s));
  h.advance_time(99us);
  CHECK(h.output().empty());
  h.advance_time(1us);
  CHECK(h.output() == lines{{"a processing", 100}});
  h.advance_time(1s);
  CHECK(h.output() == lines{{"a processing", 100}, {"b processing", 200}, {"a processing", 300}});
}

TEST_CASE("what a processing-time timer emits is not late") {
  harness h{delayed{}, &payment::account};
  h.process(pay("a", 3), at(1s)).advance_watermark(5s).advance_time(1ms);
  CHECK(h.output() == lines{{"a processing", 3}});
  CHECK(h.main().times == std::vector<timestamp>{at(5s) + 1us});
}

TEST_CASE("processing-time timers that are set when the input ends fire then, after those of event time; later ones are not set") {
  harness h{delayed{}, &payment::account};
  h.process(pay("a", 15), at(1us)).process(pay("b", 7), at(1us)).process(pay("c", 1'000'000), at(1us)).end();
  CHECK(h.output() == lines{{"b event", 50}, {"b processing", 7}, {"a processing", 15}, {"c processing", 1'000'000}});
  CHECK(h.main().watermarks == std::vector<timestamp>{end_of_time});
}

TEST_CASE("a job waits for its processing-time timers while input may come") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    job j{"j"};
    std::vector<payment> payments;
    for (int i = 1; i <= 30; ++i) payments.push_back(pay(std::to_string(i % 7), i * 1000, i));
    j.source("in", memory::generate<payment>(60, [payments](std::uint64_t n) { return payments[n % 30]; }).per_second(100))
        .key_by(&payment::account).process("delayed", delayed{}).sink("out", memory::discard());
    auto const results = run(j, deterministic(seed), settings{}.parallelism(2));
    CHECK(results.of<line>("out").size() == 60);
  }
}

TEST_CASE("close is called once, after everything else, and may not use keyed state") {
  auto log = std::make_shared<lines>();
  harness h{closing{log, false, {}}, &payment::account};
  h.process(pay("a", 1), at(1s)).end();
  CHECK(*log == lines{{"record", 1}, {"timer"}, {"close"}});
  harness wrong{closing{log, true, {}}, &payment::account};
  wrong.process(pay("a", 1), at(1s));
  CHECK_THROWS_WITH(wrong.end(), Catch::Contains("no key"));
}

TEST_CASE("timers that set the next one for ever leave the task its turns") {
  job j{"j"};
  j.source("in", memory::values<payment>({pay("a", 1)})).event_time(&payment::at, monotonous()).key_by(&payment::account).process("endless", endless{}).sink("out", memory::discard());
  auto const results = run(j, schedule{1, 0, 40}, settings{}.parallelism(1));
  CHECK(results.end == job_result::how::cancelled);
}
