// Requests to the outside in whole jobs: under seeded schedules, and answered by real threads.

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>
#include <flow/testing.hpp>

using namespace flow;
using namespace std::chrono_literals;

namespace {

struct question {
  std::int64_t n = 0;
  timestamp at{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n), CEREAL_NVP(at)); }
};
std::vector<question> questions(std::int64_t count) {
  std::vector<question> all;
  for (std::int64_t n = 0; n < count; ++n) all.push_back({n, timestamp{duration{n}}});
  return all;
}

/// Answers now or when another request comes, as the job's own thread can do it; what is left over times out and is asked again.
class slow_in_turn {
 public:
  void operator()(question const& q, reply<std::int64_t> r) const {
    auto& waiting = state_->waiting;
    waiting.emplace_back(q.n, std::move(r));
    if (++state_->calls % 3 == 0) return;
    while (!waiting.front().second.awaited()) waiting.pop_front();
    auto const [n, first] = waiting.front();
    waiting.pop_front();
    first.answer(n * n);
  }

 private:
  struct state {
    std::deque<std::pair<std::int64_t, reply<std::int64_t>>> waiting;
    std::uint64_t calls = 0;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();  // of all subtasks
};

/// Threads that answer after random delays, in any order.
class answering_threads {
 public:
  explicit answering_threads(int count) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, i] { work(static_cast<unsigned>(i)); });
  }
  ~answering_threads() {
    {
      std::lock_guard const lock(mutex_);
      ends_ = true;
    }
    changed_.notify_all();
    for (auto& t : threads_) t.join();
  }
  void ask(std::int64_t n, reply<std::int64_t> r) {
    {
      std::lock_guard const lock(mutex_);
      waiting_.emplace_back(n, std::move(r));
      most_ = std::max(most_, waiting_.size());
    }
    changed_.notify_one();
  }
  std::size_t most() const { return most_; }

 private:
  void work(unsigned seed) {
    std::mt19937 random(seed);
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
      if (ends_) return;
      auto const i = static_cast<std::ptrdiff_t>(random() % waiting_.size());
      auto const [n, reply] = waiting_[static_cast<std::size_t>(i)];
      waiting_.erase(waiting_.begin() + i);
      lock.unlock();
      for (auto spins = random() % 2'000; spins > 0; --spins) std::atomic_signal_fence(std::memory_order_seq_cst);
      if (n % 97 == 13 && random() % 2) reply.fail("unlucky");
      else reply.answer(n * n);
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::int64_t, reply<std::int64_t>>> waiting_;
  std::size_t most_ = 0;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("requests answered at once and later give every result once, behind a flat_map and before windows, in any schedule") {
  auto const input = questions(200);
  std::vector<std::int64_t> expected;
  std::map<std::int64_t, std::int64_t> windows;
  for (auto const& q : input)
    for (int copy = 0; copy < 2; ++copy) {
      expected.push_back(q.n * q.n);
      ++windows[q.n / 50];
    }
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    job j("simulated");
    auto const twice = [](question const& q, output<question>& out) { out.emit(q), out.emit(q); };
    // The flat_map shares a task with the requests: while it is held up, their answers must be looked at.
    auto copies = j.source("in", memory::values(input)).event_time(&question::at, out_of_order_by(0us)).flat_map<question>(twice);
    auto const late = copies.async("ask", slow_in_turn{}, seed % 2 ? in_flight(2) : in_flight(7), flow::timeout(1s), retry(100).backoff(1ms, 10ms));
    late.sink("found", memory::discard());
    late.window(tumbling_windows(50us)).aggregate<count>("counts").sink("windows", memory::discard());
    auto schedule = testing::deterministic(seed);
    schedule.barrier_every = 20;
    auto const results = testing::run(j, schedule, settings{}.parallelism(1 + seed % 2).batch_size(seed % 3 ? 3 : 64).task_buffer(4096));
    INFO((results.failure ? results.failure->what() : ""));
    CHECK(testing::difference(expected, results.of<std::int64_t>("found")) == "");
    auto const counts = results.of<windowed<whole_stream, std::int64_t>>("windows");
    CHECK(counts.size() == windows.size());
    for (auto const& w : counts) CHECK(w.value == windows[w.start.time_since_epoch().count() / 50]);
  }
}

TEST_CASE("answers of other threads, in any order: all results, in the order of their records, within the bound") {
  auto const server = std::make_shared<answering_threads>(3);
  std::int64_t const many = 20'000;
  for (bool const in_order : {true, false}) {
    auto const found = std::make_shared<memory::collected<std::int64_t>>();
    job j("threads");
    auto const in = j.source("in", memory::values(questions(many))).with_parallelism(1);
    auto const ask = [server](question const& q, reply<std::int64_t> r) { server->ask(q.n, std::move(r)); };
    auto const again = retry(200).backoff(0us, 1us);
    auto const answered = in_order ? in.async("ask", ask, ordered, in_flight(64), again) : in.async("ask", ask, unordered, in_flight(64), again);
    answered.with_parallelism(1).sink("out", memory::collect(found)).with_parallelism(1);
    auto const result = execute(j, settings{}.parallelism(1));
    auto values = found->values();
    if (!in_order) std::sort(values.begin(), values.end());
    REQUIRE(values.size() == static_cast<std::size_t>(many));
    for (std::int64_t n = 0; n < many; ++n)
      if (values[static_cast<std::size_t>(n)] != n * n) FAIL("at " << n << " there is " << values[static_cast<std::size_t>(n)]);
  }
  CHECK(server->most() <= 64);
}

TEST_CASE("a cancelled job does not wait for answers, and those that come afterwards do no harm") {
  auto const kept = std::make_shared<std::vector<reply<std::int64_t>>>();
  auto const asked = std::make_shared<std::atomic<int>>(0);
  {
    job j("cancelled");
    auto const ask = [kept, asked](question const&, reply<std::int64_t> r) {
      kept->push_back(std::move(r));
      ++*asked;
      asked->notify_all();
    };
    j.source("in", memory::values(questions(1'000))).with_parallelism(1).async("ask", ask, in_flight(5)).with_parallelism(1).sink("out", memory::discard());
    auto running = start(j, settings{}.parallelism(1));
    for (int n = *asked; n < 5; n = *asked) asked->wait(n);
    running.cancel();
    CHECK(running.await().end == job_result::how::cancelled);
  }
  CHECK(kept->size() == 5);
  for (auto const& r : *kept) CHECK_FALSE(r.answer(1));
}

TEST_CASE("a request without an answer fails the job when its time has run out") {
  job j("unanswered");
  auto const kept = std::make_shared<std::vector<reply<std::int64_t>>>();
  auto const ask = [kept](question const&, reply<std::int64_t> r) { kept->push_back(std::move(r)); };
  j.source("in", memory::values(questions(3))).async("ask", ask, flow::timeout(5s)).sink("out", memory::discard());
  auto const result = testing::run(j, testing::deterministic(1));
  REQUIRE(result.end == job_result::how::failed);
  CHECK(result.failure->code() == error_code::request_failed);
  CHECK(result.failure->operator_name() == "ask");
}
