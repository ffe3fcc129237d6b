// Counts what the whole program allocates: how often per record in a steady state, and how much is alive while a sink
// stands still. In an executable of its own, since it replaces operator new.

#include <catch2/catch.hpp>

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::int64_t> alive{0};

void* counted(std::size_t size, std::size_t alignment) {
  void* const p = alignment ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment) : std::malloc(size);
  if (!p) throw std::bad_alloc();
  allocations.fetch_add(1, std::memory_order_relaxed);
  alive.fetch_add(static_cast<std::int64_t>(malloc_usable_size(p)), std::memory_order_relaxed);
  return p;
}
void given_back(void* p) {
  if (p) alive.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(p)), std::memory_order_relaxed);
  std::free(p);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, static_cast<std::size_t>(alignment)); }
void operator delete(void* p) noexcept { given_back(p); }
void operator delete(void* p, std::size_t) noexcept { given_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { given_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { given_back(p); }

using namespace flow;

namespace {

struct reading {
  timestamp at;
  std::int64_t key, value;
};

reading make_reading(std::uint64_t i) {
  return {timestamp{duration{static_cast<std::int64_t>(i)}}, static_cast<std::int64_t>(mix_hash(i) % 1000), static_cast<std::int64_t>(i)};
}

/// Allocations of a whole run over `n` records.
std::uint64_t allocations_of(std::uint64_t n) {
  job j("steady");
  j.source("readings", memory::generate<reading>(n, make_reading).splits(2))
      .event_time(&reading::at, monotonous())
      .filter([](reading const& r) { return r.value % 3 != 0; })
      .map([](reading const& r) { return reading{r.at, r.key, r.value + 1}; })
      .unchained()
      .key_by(&reading::key)
      .window(tumbling_windows(duration{100'000}))
      .aggregate<sum<&reading::value>>("sums")
      .sink("nowhere", memory::discard());
  auto const before = allocations.load();
  execute(j, settings{}.parallelism(2));
  return allocations.load() - before;
}

struct described_reading : reading {
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(at), CEREAL_NVP(key), CEREAL_NVP(value)); }
};

/// The same of a join of two streams of `n` records, neither of which may run ahead: what one does is state.
std::uint64_t allocations_of_join(std::uint64_t n) {
  job j("steady");
  auto const stream = [&](std::string name, std::uint64_t salt) {
    return j.source(std::move(name), memory::generate<described_reading>(n, [salt](std::uint64_t i) { return described_reading{make_reading(i ^ salt)}; }))
        .event_time([](described_reading const& r) { return r.at; }, out_of_order_by(duration{2}).max_drift(duration{20'000}))
        .key_by([](described_reading const& r) { return r.key; });
  };
  stream("left", 0)
      .interval_join(stream("right", 1))
      .between(duration{-500}, duration{500})
      .select("pairs", [](described_reading const& l, described_reading const& r) { return l.value + r.value; })
      .sink("nowhere", memory::discard());
  auto const before = allocations.load();
  execute(j, settings{}.parallelism(1));
  return allocations.load() - before;
}

/// The same of sessions of some 20 records, of which a key has mostly one at a time.
std::uint64_t allocations_of_sessions(std::uint64_t n) {
  job j("steady");
  j.source("readings", memory::generate<reading>(n, make_reading))
      .event_time(&reading::at, monotonous())
      .key_by(&reading::key)
      .window(session_windows(duration{3'000}))
      .aggregate<sum<&reading::value>>("sums")
      .sink("nowhere", memory::discard());
  auto const before = allocations.load();
  execute(j, settings{}.parallelism(2));
  return allocations.load() - before;
}

/// Not ready until it is released.
struct gate {
  std::atomic<bool> open{false};
};
struct gated_writer final : writer<reading> {
  explicit gated_writer(std::shared_ptr<gate> g) : gate_(std::move(g)) {}
  bool ready() const override { return gate_->open; }
  void write(batch<reading> const&) override {}
  std::shared_ptr<gate> gate_;
};

}  // namespace

TEST_CASE("the engine allocates nothing per record in a steady state") {
  allocations_of(1'000'000);
  std::uint64_t const records = 4'000'000;
  auto const few = allocations_of(1'000'000), many = allocations_of(1'000'000 + records);
  double const per_record = (static_cast<double>(many) - static_cast<double>(few)) / static_cast<double>(records);
  INFO(per_record << " allocations per record");
  // What remains is a handful of messages per batch of 1,024 records.
  CHECK(per_record < 0.03);
}

TEST_CASE("a join allocates nothing per record in a steady state") {
  allocations_of_join(200'000);
  std::uint64_t const records = 1'000'000;
  auto const few = allocations_of_join(200'000), many = allocations_of_join(200'000 + records);
  double const per_record = (static_cast<double>(many) - static_cast<double>(few)) / (2.0 * static_cast<double>(records));
  INFO(per_record << " allocations per record");
  CHECK(per_record < 0.05);
}

TEST_CASE("sessions begin, grow and end without an allocation per record in a steady state") {
  allocations_of_sessions(1'000'000);
  std::uint64_t const records = 4'000'000;
  auto const few = allocations_of_sessions(1'000'000), many = allocations_of_sessions(1'000'000 + records);
  double const per_record = (static_cast<double>(many) - static_cast<double>(few)) / static_cast<double>(records);
  INFO(per_record << " allocations per record");
  CHECK(per_record < 0.03);
}

TEST_CASE("while a sink stands still the bytes alive stay at the buffers of the tasks, however long the source could run") {
  auto g = std::make_shared<gate>();
  sink<reading> gated{[g] { return std::make_unique<gated_writer>(g); }};
  job j("stopped");
  j.source("readings", memory::generate<reading>(memory::unbounded, make_reading))
      .rebalance()
      .map([](reading const& r) { return r; })
      .with_parallelism(2)
      .rebalance()
      .sink("gated", gated)
      .with_parallelism(3);
  constexpr std::int64_t buffer = 4 << 20;
  auto const before = alive.load();
  auto running = start(j, settings{}.parallelism(2).task_buffer(buffer));
  // It has come to rest when nothing was read for 20 looks.
  std::uint64_t read = 0;
  for (int still = 0; still < 20;) {
    running.wait_for(std::chrono::milliseconds(10));
    auto const now = running.counters().front().records_out;
    still = now == read && now > 0 ? still + 1 : 0;
    read = now;
  }
  auto const held = alive.load() - before;
  // Five receiving subtasks with a buffer each; every channel may exceed its share by a batch; every operator and target
  // has a batch in the making.
  constexpr std::int64_t batch_bytes = (1024 + 256) * (sizeof(reading) + 16);
  std::int64_t const bound = 5 * buffer + 40 * batch_bytes + (1 << 20);
  INFO("held " << held << " of " << bound << " bytes after " << read << " records");
  CHECK(held <= bound);
  CHECK(held > 2 * buffer);
  running.cancel();
  CHECK(running.await().end == job_result::how::cancelled);
}
