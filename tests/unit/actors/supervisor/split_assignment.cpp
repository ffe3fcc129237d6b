#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

#include "supervisor/split_assignment.hpp"

namespace {
using flow::split_assignment;
using flow::split_share;
using lines = std::vector<std::string>;

std::vector<flow::split> splits(std::string const& ids) {
  std::vector<flow::split> all;
  for (char const c : ids) all.push_back({std::string(1, c), ""});
  return all;
}

/// Each as "<subtask>: <splits> <terms>".
lines text(std::vector<split_share> const& shares) {
  lines all;
  for (auto const& s : shares) {
    std::string line = std::to_string(s.subtask) + ":";
    for (auto const& x : s.splits) line += " " + x.id;
    if (s.terms.complete) line += " complete";
    if (s.terms.held) line += " held";
    all.push_back(line);
  }
  return all;
}
}  // namespace

TEST_CASE("splits are dealt out in turn as they are found, and all subtasks are told when there are no more") {
  split_assignment a(3, false, false);
  CHECK(text(a.found(splits("abcd"), false)) == lines{"0: a d", "1: b", "2: c"});
  CHECK(text(a.found(splits("ef"), false)) == lines{"1: e", "2: f"});
  CHECK(a.found({}, false).empty());
  CHECK(text(a.found(splits("g"), true)) == lines{"0: g complete", "1: complete", "2: complete"});
  split_assignment none(2, false, false);
  CHECK(text(none.found({}, true)) == lines{"0: complete", "1: complete"});
}

TEST_CASE("on request each subtask gets one split at a time, the others hold the watermark") {
  split_assignment a(2, true, false);
  CHECK(text(a.found(splits("abcd"), true)) == lines{"0: a held", "1: b held"});
  CHECK(text(a.asked(1)) == lines{"1: c held"});
  CHECK(a.waiting().size() == 1);
  CHECK(text(a.asked(1)) == lines{"0: complete", "1: d complete"});
  CHECK(text(a.asked(0)) == lines{"0: complete"});
}

TEST_CASE("a subtask that asks when nothing is there is told so, and gets what is found first") {
  split_assignment a(3, true, false);
  CHECK(text(a.found(splits("a"), false)) == lines{"0: a", "1:", "2:"});
  CHECK(text(a.asked(0)) == lines{"0:"});
  CHECK(a.found({}, false).empty());
  CHECK(text(a.found(splits("bcdef"), false)) == lines{"0: d held", "1: b held", "2: c held"});
  CHECK(text(a.asked(2)) == lines{"2: e held"});
  CHECK(text(a.asked(0)) == lines{"0: f", "1:", "2:"});
}

TEST_CASE("splits in the order of time hold nothing") {
  split_assignment a(1, true, true);
  auto const shares = a.found(splits("ab"), true);
  CHECK(text(shares) == lines{"0: a"});
  CHECK(shares[0].terms.in_time_order);
  CHECK(shares[0].terms.on_request);
}

TEST_CASE("whatever is found and asked when, each split is given once, in order, and in the end all are told") {
  auto const seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    auto const subtasks = static_cast<std::uint32_t>(1 + random() % 5);
    bool const on_request = random() % 2;
    split_assignment a(subtasks, on_request, random() % 2);
    int found = 0;
    std::vector<int> given;
    std::vector<bool> busy(subtasks), complete(subtasks);
    auto const take = [&](std::vector<split_share> const& shares) {
      std::vector<int> now;  // in the order of the subtasks
      for (auto const& s : shares) {
        CHECK((!on_request || s.splits.size() + busy[s.subtask] <= 1));
        for (auto const& x : s.splits) now.push_back(std::stoi(x.id));
        busy[s.subtask] = busy[s.subtask] || !s.splits.empty();
        complete[s.subtask] = s.terms.complete;
      }
      std::sort(now.begin(), now.end());
      given.insert(given.end(), now.begin(), now.end());
    };
    for (bool all = false; !all || std::any_of(busy.begin(), busy.end(), [](bool b) { return b; });) {
      if (!all && random() % 3 == 0) {
        std::vector<flow::split> more;
        for (auto n = random() % 4; n > 0; --n) more.push_back({std::to_string(found++), ""});
        take(a.found(more, all = random() % 5 == 0));
      }
      auto const subtask = static_cast<std::uint32_t>(random() % subtasks);
      if (!busy[subtask]) continue;
      busy[subtask] = false;
      if (on_request) take(a.asked(subtask));
    }
    std::vector<int> expected(static_cast<std::size_t>(found));
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(given == expected);
    CHECK(std::all_of(complete.begin(), complete.end(), [](bool b) { return b; }));
    CHECK(a.waiting().empty());
  }
}
