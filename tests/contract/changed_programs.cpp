// A program that has changed goes on from a savepoint of the old one: types of state that have grown, operators that are new, gone
// or called otherwise. What does not fit is told before a record is read.

#include <catch2/catch.hpp>

#include <algorithm>

#include <flow/flow.hpp>
#include <flow/memory/collect.hpp>
#include <flow/memory/generate.hpp>
#include <flow/testing.hpp>

namespace {

using namespace flow;
using Catch::Contains;

struct account_before {
  std::int32_t total = 0;
  std::string last;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(total), CEREAL_NVP(last)); }
};
/// The total is wider, the last word is gone, and a count is new.
struct account_now {
  std::int64_t count = 0;
  std::int64_t total = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(count), CEREAL_NVP(total)); }
};
/// The total cannot be read as text.
struct account_unlike {
  std::string total;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(total)); }
};

void add(account_before& a, std::int64_t n) {
  a.total += static_cast<std::int32_t>(n);
  a.last = std::to_string(n);
}
void add(account_now& a, std::int64_t n) {
  a.total += n;
  ++a.count;
}
void add(account_unlike& a, std::int64_t n) { a.total += std::to_string(n); }

/// Adds up per key; at the end of the input tells what there is.
template <class Account>
struct keeping {
  value_state<Account> account;
  map_state<std::int64_t, Account> by_digit;
  void open(open_context& context) {
    account = context.state().value<Account>("account");
    by_digit = context.state().map<std::int64_t, Account>("by-digit");
  }
  void process(std::int64_t n, auto& context, output<std::string>&) {
    add(account.change(), n);
    add(by_digit.change(n / 7 % 10), n);
    context.event_timer(end_of_time - duration{1});
  }
  void on_timer(timestamp, auto& context, output<std::string>& out) {
    Account const all = account.get();
    std::int64_t digits = 0;
    by_digit.for_each([&](std::int64_t, Account const& a) {
      if constexpr (requires { a.total + 1; }) digits += a.total;
    });
    if constexpr (std::is_same_v<Account, account_now>)
      out.emit(std::to_string(context.key()) + ": " + std::to_string(all.total) + " " + std::to_string(digits) + " " + std::to_string(all.count));
    else if constexpr (std::is_same_v<Account, account_before>) out.emit(std::to_string(context.key()) + ": " + std::to_string(all.total));
    else out.emit(all.total);
  }
};

constexpr std::uint64_t numbers = 2'000;
using texts = std::shared_ptr<memory::collected<std::string>>;

template <class Account>
job make_job(texts const& into, std::string const& name) {
  job j{"accounts"};
  j.source("numbers", memory::generate<std::int64_t>(numbers, [](std::uint64_t i) { return static_cast<std::int64_t>(i); }).splits(2))
      .event_time([](std::int64_t n) { return timestamp{duration{n}}; }, monotonous())
      .key_by([](std::int64_t n) { return n % 7; })
      .process(name, keeping<Account>{})
      .sink("out", memory::collect(into));
  return j;
}

/// A job of the old program, killed half-way; its checkpoints.
memory_snapshots half_way(texts const& into) {
  memory_snapshots snapshots;
  testing::schedule how{.seed = 1, .barrier_every = 20, .snapshots = &snapshots, .crash_after = 200};
  REQUIRE(testing::run(make_job<account_before>(into, "accounts"), how, settings{}.parallelism(2).batch_size(4).task_buffer(1024)).crashed);
  return snapshots;
}

testing::run_result go_on(memory_snapshots& snapshots, job const& j, restore_options how) {
  how.origin = {restore_form::latest};
  return testing::run(j, {.seed = 2, .snapshots = &snapshots}, settings{}.parallelism(3).restore(how));
}

}  // namespace

TEST_CASE("state of a type that has changed is read by the names of its fields") {
  auto const into = std::make_shared<memory::collected<std::string>>();
  auto snapshots = half_way(into);
  auto const r = go_on(snapshots, make_job<account_now>(into, "accounts"), {});
  REQUIRE(!r.failure);
  auto const all = into->values();
  REQUIRE(all.size() == 7);
  bool counted_anew = false;
  for (auto const& text : all) {
    std::int64_t key = 0, total = 0, digits = 0, count = 0, expected = 0, records = 0;
    REQUIRE(std::sscanf(text.c_str(), "%ld: %ld %ld %ld", &key, &total, &digits, &count) == 4);
    for (auto n = key; n < static_cast<std::int64_t>(numbers); n += 7) expected += n, ++records;
    CHECK(total == expected);
    CHECK(digits == expected);
    CHECK(count <= records);
    counted_anew |= count < records;  // the old program did not count
  }
  CHECK(counted_anew);
}

TEST_CASE("state that cannot be read as its new type is refused before anything is read, and may be given up") {
  auto const into = std::make_shared<memory::collected<std::string>>();
  auto snapshots = half_way(into);
  auto const refused = go_on(snapshots, make_job<account_unlike>(into, "accounts"), {});
  REQUIRE(refused.failure);
  CHECK_THAT(refused.failure->what(), Contains("account") && Contains("total") && Contains("--restore-drop accounts/account") && Contains("by-digit"));
  CHECK(refused.operators.front().records_in == 0);
  auto const r = go_on(snapshots, make_job<account_unlike>(into, "accounts"), {.dropped = {"accounts/account", "accounts/by-digit"}});
  CHECK(!r.failure);
}

TEST_CASE("an operator that is called otherwise is found by a rename, and missed without") {
  auto const into = std::make_shared<memory::collected<std::string>>();
  auto snapshots = half_way(into);
  CHECK_THROWS_WITH(go_on(snapshots, make_job<account_before>(into, "ledger"), {}), Contains("operator 'accounts'") && Contains("--restore-rename accounts=NEW"));
  auto const r = go_on(snapshots, make_job<account_before>(into, "ledger"), {.renames = {{"accounts", "ledger"}}});
  REQUIRE(!r.failure);
  auto all = into->values();
  REQUIRE(all.size() == 7);
  std::sort(all.begin(), all.end());
  std::int64_t expected = 0;
  for (std::int64_t n = 0; n < static_cast<std::int64_t>(numbers); n += 7) expected += n;
  CHECK(all.front() == "0: " + std::to_string(expected));
}

TEST_CASE("another number of key groups is refused") {
  auto const into = std::make_shared<memory::collected<std::string>>();
  auto snapshots = half_way(into);
  auto const j = make_job<account_before>(into, "accounts");
  auto const s = settings{}.parallelism(2).max_parallelism(64).restore({.origin = {restore_form::latest}});
  CHECK_THROWS_WITH(testing::run(j, {.seed = 3, .snapshots = &snapshots}, s), Contains("max-parallelism=128"));
}
