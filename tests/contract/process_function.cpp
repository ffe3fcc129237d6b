#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/payment.hpp"

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

namespace {

struct alert {
  std::string account;
  timestamp at{};
  bool operator==(alert const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(account), CEREAL_NVP(at)); }
};

/// A large payment within a minute of a small one.
struct small_then_large {
  value_state<bool> small_seen;
  void open(open_context& context) { small_seen = context.state().value<bool>("small-seen"); }
  void process(payment const& p, auto& context, output<alert>& out) {
    if (small_seen.get() && p.cents > 50'000) out.emit(alert{p.account, p.at});
    if (p.cents < 100) {
      small_seen.set(true);
      context.event_timer(p.at + 1min);
    } else {
      small_seen.clear();
    }
  }
  void on_timer(timestamp, auto&, output<alert>&) { small_seen.clear(); }
};

// ---- a function that does what its records say, and the same with a map and a set

enum class action : std::uint8_t { read, set, add, clear, set_timer, delete_timer };
struct command {
  timestamp at{};
  std::int64_t key = 0;
  action what{};
  std::int64_t argument = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(at), CEREAL_NVP(key), CEREAL_NVP(what), CEREAL_NVP(argument)); }
};
struct effect {
  std::int64_t key = 0;
  std::int64_t timer = -1;  // the time of the timer; of a record: -1
  std::int64_t value = 0;
  std::int64_t watermark = 0;
  bool operator==(effect const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(timer), CEREAL_NVP(value), CEREAL_NVP(watermark)); }
};
timestamp time_of(std::int64_t n) { return timestamp{duration{n}}; }

/// Keys in each of the forms in which they are stored.
std::int64_t integer_key(command const& c) { return c.key; }
std::string text_key(command const& c) { return "the key with the number " + std::to_string(c.key); }
std::pair<std::int32_t, std::string> composite_key(command const& c) { return {static_cast<std::int32_t>(c.key % 3), std::to_string(c.key)}; }
std::int64_t number_of(std::int64_t key) { return key; }
std::int64_t number_of(std::string const& key) { return std::stoll(key.substr(24)); }
std::int64_t number_of(std::pair<std::int32_t, std::string> const& key) { return std::stoll(key.second); }

struct obedient {
  value_state<std::int64_t> value;
  value_state<std::string> text;
  void open(open_context& context) {
    value = context.state().value<std::int64_t>("value");
    text = context.state().value<std::string>("text");
  }
  void process(command const& c, auto& context, output<effect>& out) {
    switch (c.what) {
      case action::read: break;
      case action::set: value.set(c.argument); break;
      case action::add: value.change() += c.argument; text.change() += "x"; break;
      case action::clear: value.clear(); text.clear(); break;
      case action::set_timer: context.event_timer(time_of(c.argument)); break;
      case action::delete_timer: context.delete_event_timer(time_of(c.argument)); break;
    }
    report(-1, context, out);
  }
  void on_timer(timestamp at, auto& context, output<effect>& out) {
    if (context.timestamp() != at) throw std::logic_error("the context has another time");
    report(micros(at), context, out);
    value.change() += micros(at);
    if (micros(at) % 3 == 0) context.event_timer(at + duration{7});
    if (micros(at) % 4 == 0) value.clear();
    if (micros(at) % 5 == 0) report(micros(at), context, out);
  }
  void report(std::int64_t timer, auto& context, output<effect>& out) const {
    auto const size = static_cast<std::int64_t>(text.get().size());
    out.emit({number_of(context.key()), timer, (value.has() ? *value.find() : -999) + 1000 * size, micros(context.watermark())});
  }
};

/// The same in the plainest way.
class obedient_reference {
 public:
  explicit obedient_reference(std::function<std::uint64_t(std::int64_t)> hash) : hash_(std::move(hash)) {}
  void process(command const& c) {
    switch (c.what) {
      case action::read: break;
      case action::set: values_[c.key] = c.argument; break;
      case action::add: values_[c.key] += c.argument; ++lengths_[c.key]; break;
      case action::clear: values_.erase(c.key); lengths_.erase(c.key); break;
      case action::set_timer: timers_.insert({c.argument, hash_(c.key), c.key}); break;
      case action::delete_timer: timers_.erase({c.argument, hash_(c.key), c.key}); break;
    }
    report(c.key, -1);
  }
  void advance(std::int64_t w) {
    if (w <= watermark_) return;
    watermark_ = w;
    while (!timers_.empty() && std::get<0>(*timers_.begin()) <= w) {
      auto const [at, hash, key] = *timers_.begin();
      timers_.erase(timers_.begin());
      report(key, at);
      values_[key] += at;
      if (at % 3 == 0) timers_.insert({at + 7, hash, key});
      if (at % 4 == 0) values_.erase(key);
      if (at % 5 == 0) report(key, at);
    }
  }
  std::vector<effect> effects;

 private:
  void report(std::int64_t key, std::int64_t timer) {
    effects.push_back({key, timer, (values_.contains(key) ? values_[key] : -999) + 1000 * (lengths_.contains(key) ? lengths_[key] : 0), watermark_});
  }
  std::function<std::uint64_t(std::int64_t)> hash_;
  std::map<std::int64_t, std::int64_t> values_, lengths_;
  std::set<std::tuple<std::int64_t, std::uint64_t, std::int64_t>> timers_;
  std::int64_t watermark_ = micros(no_watermark);
};

command random_command(std::mt19937_64& random, std::int64_t now, std::uint64_t keys) {
  command c;
  c.at = time_of(now + static_cast<std::int64_t>(random() % 30));
  c.key = static_cast<std::int64_t>(random() % keys);
  c.what = static_cast<action>(random() % 6);
  c.argument = c.what >= action::set_timer ? now + static_cast<std::int64_t>(random() % 40) - 5 : static_cast<std::int64_t>(random() % 100);
  return c;
}

template <class Selector>
void compare(Selector select, std::uint64_t seed) {
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  std::uint32_t const batch_sizes[] = {1, 7, 1024};
  using key = key_of<Selector, command>;
  harness<command, effect> h{obedient{}, select, batch_sizes[seed % 3]};
  obedient_reference expected([&](std::int64_t k) { return hash_of<key>(select(command{{}, k, {}, 0})); });
  if (seed % 2 == 0) h.hold_up();
  std::int64_t now = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<command> commands;
    std::vector<timestamp> times;
    for (std::size_t i = random() % 150; i > 0; --i) {
      commands.push_back(random_command(random, now, seed % 4 ? 9 : 500));
      times.push_back(commands.back().at);
      expected.process(commands.back());
    }
    if (!commands.empty()) h.process(commands, times);
    if (seed % 5 == 0) h.pass({static_cast<std::uint64_t>(round + 1), 0});
    if (seed % 5 == 1) h.restore();
    now += static_cast<std::int64_t>(random() % 20);
    h.advance_watermark(time_of(now));
    expected.advance(now);
  }
  REQUIRE(h.output() == expected.effects);
  for (std::size_t i = 0; i < h.output().size(); ++i)
    if (h.output()[i].timer >= 0) REQUIRE(h.main().times[i] == time_of(h.output()[i].timer));
  auto const& c = h.tested().counters();
  REQUIRE(c.records_in.value() == c.processed.value());
}

}  // namespace

TEST_CASE("a process function alerts on a large payment soon after a small one, and not after its timer") {
  harness h{small_then_large{}, &payment::account};
  h.process(payment{"a", 50, at(1s)}, at(1s)).process(payment{"b", 60'000, at(2s)}, at(2s)).advance_watermark(5s);
  h.process(payment{"a", 60'000, at(30s)}, at(30s));
  CHECK(h.output() == std::vector<alert>{{"a", at(30s)}});
  h.process(payment{"c", 50, at(40s)}, at(40s)).advance_watermark(99s).process(payment{"c", 60'000, at(99s)}, at(99s));
  CHECK(h.output().size() == 2);
  h.process(payment{"d", 50, at(100s)}, at(100s)).advance_watermark(160s).process(payment{"d", 60'000, at(161s)}, at(161s));
  CHECK(h.output().size() == 2);
}

namespace {
/// Sets a timer of each kind for each payment, and reports both.
struct both_timers {
  void process(payment const& p, auto& context, output<alert>&) {
    context.event_timer(p.at + duration{10});
    context.processing_timer(context.processing_time() + duration{50});
  }
  void on_timer(timestamp at, auto& context, output<alert>& out) { out.emit({context.key() + (context.time_domain() == time_domain::event ? "/event" : "/machine"), at}); }
};
}  // namespace

TEST_CASE("restored timers are due when they were, those of the machine's time without a record") {
  harness h{both_timers{}, &payment::account};
  h.process(payment{"a", 1, at(duration{5})}, at(duration{5})).advance_time(std::chrono::microseconds(20)).advance_watermark(duration{7}).restore();
  CHECK(h.output().empty());
  h.advance_time(std::chrono::microseconds(29));
  CHECK(h.output().empty());
  h.advance_time(std::chrono::microseconds(1));
  CHECK(h.output() == std::vector<alert>{{"a/machine", at(duration{50})}});
  h.restore().advance_watermark(duration{15});
  REQUIRE(h.output().size() == 2);
  CHECK(h.output()[1] == alert{"a/event", at(duration{15})});
}

TEST_CASE("when the input had ended before a restore no timer of the machine's time can be set any more, as before") {
  harness h{both_timers{}, &payment::account};
  h.advance_watermark(end_of_time).restore();
  CHECK(h.main().watermarks == std::vector<timestamp>{end_of_time, end_of_time});
  h.process(payment{"a", 1, at(duration{5})}, at(duration{5})).advance_time(std::chrono::seconds(1));
  CHECK(h.output().empty());
}

TEST_CASE("state and timers of a process function are what a map and a set give, for every form of key and however it is held up") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    compare(&integer_key, seed);
    compare(&text_key, seed);
    compare(&composite_key, seed);
  }
}

namespace {

tag<std::string> const odd_keys{"odd-keys"};
/// Counts the records of each key; when 100 us after the first have passed, says how many there were.
struct counting {
  value_state<std::int64_t> count;
  void open(open_context& context) { count = context.state().value<std::int64_t>("count"); }
  void process(command const& c, auto& context, output<effect>&) {
    if (!count.has()) context.event_timer(c.at + duration{100});
    count.change() += 1;
    if (context.key() % 2) context.emit(odd_keys, std::to_string(context.key()));
  }
  void on_timer(timestamp at, auto& context, output<effect>& out) {
    out.emit({context.key(), micros(at), count.get(), 0});
    count.clear();
  }
};
/// Throws on a record or timer of key 3.
struct explosive {
  bool in_timer;
  void process(command const& c, auto& context, output<effect>&) {
    if (c.key == 3 && !in_timer) throw std::runtime_error("kaboom");
    context.event_timer(c.at);
  }
  void on_timer(timestamp, auto& context, output<effect>&) {
    if (context.key() == 3) throw std::runtime_error("kaboom");
  }
};

}  // namespace

TEST_CASE("a whole job with a process function gives the same at every parallelism and schedule, with barriers") {
  std::vector<command> commands;
  std::map<std::int64_t, std::int64_t> total;
  std::size_t odd = 0;
  for (std::int64_t i = 0; i < 600; ++i) {
    commands.push_back({time_of(i * 3), i * i % 11, action::read, 0});
    ++total[commands.back().key];
    odd += static_cast<std::size_t>(commands.back().key % 2);
  }
  for (std::uint32_t parallelism = 1; parallelism <= 4; ++parallelism)
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      INFO("seed " << seed << " parallelism " << parallelism);
      job j("counting");
      auto counts = j.source("commands", memory::values(commands, 1)).event_time(&command::at, monotonous()).key_by(&command::key).process("counts", counting{});
      counts.side(odd_keys).sink("odd", memory::discard());
      counts.sink("found", memory::discard());
      auto how = deterministic(seed);
      how.barrier_every = seed % 2 ? 7 : 0;
      auto const results = testing::run(j, how, settings{}.parallelism(parallelism).batch_size(1));
      REQUIRE(results.end == job_result::how::finished);
      std::map<std::int64_t, std::int64_t> found;
      for (auto const& e : results.of<effect>("found")) found[e.key] += e.value;
      CHECK(found == total);
      CHECK(results.of<std::string>("odd").size() == odd);
    }
}

TEST_CASE("an exception of a process function names the operator, and the record or the timer") {
  harness<command, effect> records{explosive{false}, &command::key};
  CHECK_THROWS_WITH(records.process(command{time_of(5), 3, {}, 0}, time_of(5)), Catch::Contains("operator 'tested'") && Catch::Contains("kaboom") && Catch::Contains("the record was {"));
  harness<command, effect> timers{explosive{true}, &command::key};
  timers.process(command{time_of(5), 3, {}, 0}, time_of(5));
  CHECK_THROWS_WITH(timers.advance_watermark(time_of(5)), Catch::Contains("operator 'tested'") && Catch::Contains("kaboom") && Catch::Contains("the timer was for ") && Catch::Contains("of key 3"));
}

TEST_CASE("an event-time timer without event time says what to do") {
  job j("timeless");
  j.source("commands", memory::values(std::vector<command>{{}, {}})).key_by(&command::key).process("counts", counting{}).sink("out", memory::discard());
  auto const result = testing::run(j, deterministic(1));
  REQUIRE(result.end == job_result::how::failed);
  CHECK_THAT(result.failure->what(), Catch::Contains("operator 'counts'") && Catch::Contains("say .event_time(...) before key_by"));
}
