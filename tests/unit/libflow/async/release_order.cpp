#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include <flow/async/release_order.hpp>

namespace {
using flow::detail::release_order;
using what = release_order::leaving::what;
flow::timestamp at(std::int64_t n) { return flow::timestamp{flow::duration{n}}; }

/// Writes down all that leaves.
std::string drain(release_order& order) {
  std::string text;
  for (;;) {
    auto const l = order.next();
    switch (l.is) {
      case what::nothing: return text;
      case what::record: text += "r" + std::to_string(l.slot) + " "; break;
      case what::watermark: text += "w" + std::to_string(l.at.time_since_epoch().count()) + " "; break;
      case what::idle: text += "idle "; break;
    }
  }
}
}  // namespace

TEST_CASE("marks with nothing before them leave at once; of several in a row the newest") {
  release_order order(true);
  order.watermark(at(1));
  CHECK(drain(order) == "w1 ");
  CHECK(order.empty());
  order.add(0);
  order.watermark(at(2));
  order.idle();
  order.watermark(at(3));
  order.idle();
  CHECK(drain(order).empty());
  order.answered(0);
  CHECK(drain(order) == "r0 w3 idle ");
  CHECK(order.empty());
}

TEST_CASE("records leave in order, or as answered between the watermarks around them, like in a list that is searched") {
  auto const seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    bool const ordered = round % 2;
    release_order order(ordered);
    // The reference: all that has come, in order, with when it was answered.
    struct entry { std::int64_t watermark = -1; std::uint32_t slot = 0; int answered = -1; };
    std::vector<entry> waiting;
    std::set<std::uint32_t> open;
    std::string expected, found;
    int now = 0;
    auto const leave = [&] {
      for (bool more = true; more && !waiting.empty();) {
        more = false;
        if (waiting.front().watermark >= 0) {
          expected += "w" + std::to_string(waiting.front().watermark) + " ";
          waiting.erase(waiting.begin());
          more = true;
          continue;
        }
        auto best = waiting.end();
        for (auto i = waiting.begin(); i != waiting.end() && i->watermark < 0; ++i) {
          if (i->answered >= 0 && (best == waiting.end() || i->answered < best->answered)) best = i;
          if (ordered) break;
        }
        if (best == waiting.end()) break;
        expected += "r" + std::to_string(best->slot) + " ";
        waiting.erase(best);
        more = true;
      }
    };
    for (int step = 0; step < 60; ++step) {
      ++now;
      auto const action = random() % 5;
      if (action < 2) {
        std::uint32_t slot = 0;
        auto const used = [&](std::uint32_t s) { return std::any_of(waiting.begin(), waiting.end(), [s](auto const& e) { return e.watermark < 0 && e.slot == s; }); };
        while (used(slot)) ++slot;
        order.add(slot);
        open.insert(slot);
        waiting.push_back({-1, slot, -1});
      } else if (action == 2) {
        order.watermark(at(now));
        if (!waiting.empty() && waiting.back().watermark >= 0) waiting.back().watermark = now;
        else waiting.push_back({now, 0, -1});
      } else if (!open.empty()) {
        auto const slot = *std::next(open.begin(), static_cast<std::ptrdiff_t>(random() % open.size()));
        open.erase(slot);
        order.answered(slot);
        for (auto& e : waiting)
          if (e.watermark < 0 && e.slot == slot) e.answered = now;
      }
      leave();
      found += drain(order);
      REQUIRE(found == expected);
      CHECK(order.empty() == waiting.empty());
    }
  }
}
