#include <catch2/catch.hpp>

#include <flow/operator/source_operator.hpp>

#include "../recording.hpp"

// A source that diverts what is no record: here, odd numbers.

namespace {

class even_numbers final : public flow::reader<std::int64_t> {
 public:
  explicit even_numbers(std::vector<std::vector<std::int64_t>> polls) : polls_(std::move(polls)) {}
  void open(flow::connector_context const& c) override { divert_ = c.divert; }
  void assign(std::uint32_t, flow::split const&) override {}
  flow::poll_result poll(flow::batch<std::int64_t>& into) override {
    for (auto const n : polls_.at(next_)) {
      if (n % 2 == 0) into.emplace_back(n);
      else if (divert_) divert_({"numbers", static_cast<std::uint64_t>(n), 1, "expected an even number", std::to_string(n)});
      else throw flow::error(flow::error_code::bad_record, "expected an even number");
    }
    return {++next_ == polls_.size() ? flow::poll_status::split_end : flow::poll_status::records, 0, {}};
  }
  std::string position(std::uint32_t) const override { return {}; }
  void seek(std::uint32_t, std::string const&) override {}
  void pause(std::uint32_t, bool) override {}

 private:
  std::vector<std::vector<std::int64_t>> polls_;
  std::size_t next_ = 0;
  std::function<void(flow::bad_record)> divert_;
};

struct source {
  source(std::vector<std::vector<std::int64_t>> polls, flow::bad_record_policy policy)
      : op("numbers", std::make_unique<even_numbers>(std::move(polls)),
           std::make_unique<flow::typed_time_assigner<std::int64_t, decltype(&recording::at), flow::bounded_disorder>>(&recording::at, flow::monotonous()),
           policy) {
    op.port(0).connect(out);
    if (op.ports() > 1) op.port(1).connect(bad);
    op.start(recording::context(4));
    op.assign({"numbers", ""});
    op.splits_known({});
  }
  recording::recorder<std::int64_t> out;
  recording::recorder<flow::bad_record> bad;
  flow::source_operator<std::int64_t> op;
};

using outcome = flow::source_step::outcome;
}  // namespace

TEST_CASE("a source hands on what is no record, and counts it as processed and as bad") {
  source s({{2, 3, 4}, {5}, {}, {1, 3, 5, 7}, {6, 9}}, flow::bad_record_policy::divert);
  while (s.op.step({}).result == outcome::progress) {
  }
  CHECK(s.out.records == std::vector<std::int64_t>{2, 4, 6});
  REQUIRE(s.bad.records.size() == 7);
  CHECK(s.bad.records[1] == flow::bad_record{"numbers", 5, 1, "expected an even number", "5"});
  CHECK(s.bad.times.empty());
  CHECK(s.bad.log.front() == "1 record");
  CHECK(s.bad.log[1] == "watermark 3");  // goes to all outputs
  CHECK(s.op.counters().records_in.value() == 10);
  CHECK(s.op.counters().processed.value() == 10);
  CHECK(s.op.counters().bad.value() == 7);
  CHECK(s.op.counters().records_out.value() == 10);
}

TEST_CASE("a receiver of bad records that takes none holds the source up, and nothing is lost") {
  source s({{3}, {2, 5, 7}, {4}}, flow::bad_record_policy::divert);
  s.bad.room = 1;
  CHECK(s.op.step({}).result == outcome::progress);
  CHECK(s.op.step({}).result == outcome::blocked);
  CHECK(s.out.records.empty());
  s.bad.room = 100;
  while (s.op.step({}).result == outcome::progress) {
  }
  CHECK(s.out.records == std::vector<std::int64_t>{2, 4});
  CHECK(s.bad.records.size() == 3);
}

TEST_CASE("a source whose policy is to fail has one output and fails") {
  source s({{2, 3}}, flow::bad_record_policy::fail);
  CHECK(s.op.ports() == 1);
  CHECK_THROWS_WITH(s.op.step({}), "operator 'numbers': expected an even number");
}
