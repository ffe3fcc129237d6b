#include <catch2/catch.hpp>

#include <deque>

#include "supervisor/source_splits.hpp"

namespace {
using namespace std::chrono_literals;

/// What each look finds, and when to look again.
struct looks_script {
  std::deque<std::pair<std::vector<std::string>, std::optional<std::chrono::nanoseconds>>> looks;
  flow::connector_context context;
  std::string restored;
};

class scripted_enumerator final : public flow::split_enumerator {
 public:
  explicit scripted_enumerator(looks_script& s) : script_(s) {}
  void open(flow::connector_context const& c) override { script_.context = c; }
  std::vector<flow::split> discover() override {
    if (script_.looks.empty()) throw std::runtime_error("nothing to look at");
    std::vector<flow::split> found;
    for (auto const& id : script_.looks.front().first) found.push_back({id, ""});
    again_ = script_.looks.front().second;
    script_.looks.pop_front();
    return found;
  }
  std::optional<std::chrono::nanoseconds> look_again() const override { return again_; }
  bool on_request() const override { return true; }
  std::string position() const override { return "here"; }
  void restore(std::string const& position) override { script_.restored = position; }

 private:
  looks_script& script_;
  std::optional<std::chrono::nanoseconds> again_;
};

struct source {
  source() {
    node.name = "files";
    node.make_enumerator = [this] { return std::make_unique<scripted_enumerator>(script); };
  }
  looks_script script;
  flow::node node;
  flow::manual_clock clock;
};
}  // namespace

TEST_CASE("before the first look is finished nobody is told that nothing is there") {
  source s;
  s.script.looks = {{{}, 0ns}, {{}, 0ns}, {{"a", "b", "c"}, 5s}};
  flow::source_splits splits(s.node, 2, s.clock);
  for (int i = 0; i < 2; ++i) {
    auto const unfinished = splits.look();
    CHECK(unfinished.shares.empty());
    CHECK(unfinished.again == 0ns);
  }
  CHECK(s.script.context.operator_name == "files");
  CHECK(s.script.context.parallelism == 2);
  CHECK(s.script.context.clock == &s.clock);
  auto const found = splits.look();
  CHECK(found.shares.size() == 2);
  CHECK(found.again == 5s);
  CHECK(found.shares[0].terms.held);
  CHECK_FALSE(found.shares[0].terms.complete);
  CHECK(splits.asked(1).at(1).splits.at(0).id == "c");
}

TEST_CASE("a look that comes to an end without having found anything tells everybody") {
  source s;
  s.script.looks = {{{}, 1s}, {{}, {}}};
  flow::source_splits splits(s.node, 2, s.clock);
  CHECK(splits.look().shares.size() == 2);
  auto const last = splits.look();
  CHECK_FALSE(last.again);
  REQUIRE(last.shares.size() == 2);
  CHECK(last.shares[1].terms.complete);
}

TEST_CASE("errors of an enumerator name the source") {
  source s;
  flow::source_splits splits(s.node, 1, s.clock);
  CHECK_THROWS_WITH(splits.look(), "operator 'files': nothing to look at");
}

TEST_CASE("what is stored of a source's splits is what has been found and nobody has been given") {
  source s;
  s.script.looks = {{{"a", "b", "c"}, 1s}, {{"d"}, {}}};
  flow::stored_splits stored;
  {
    flow::source_splits splits(s.node, 1, s.clock);
    splits.look();
    stored = splits.store();
    CHECK(stored.position == "here");
    REQUIRE(stored.waiting.size() == 2);
    CHECK(stored.waiting[0].id == "b");
  }
  flow::source_splits splits(s.node, 1, s.clock);
  splits.restore(stored);
  CHECK(s.script.restored == "here");
  CHECK(splits.store().waiting.size() == 2);
  CHECK(splits.look().shares.at(0).splits.at(0).id == "b");
  CHECK(splits.asked(0).at(0).splits.at(0).id == "c");
  CHECK(splits.asked(0).at(0).splits.at(0).id == "d");
}
