#pragma once
// A reader that does what a script says, and writes down what the engine asks of it.

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <flow/operator/source_operator.hpp>
#include <flow/state/operator_list.hpp>

#include "../recording.hpp"

namespace scripted {

/// What one poll gives; records are their own event times.
struct poll {
  std::uint32_t split = 0;
  std::vector<std::int64_t> records;
  flow::poll_status status = flow::poll_status::records;
  std::optional<std::chrono::nanoseconds> retry_after{};
};
inline poll records(std::uint32_t split, std::vector<std::int64_t> r) { return {split, std::move(r)}; }
inline poll last(std::uint32_t split, std::vector<std::int64_t> r = {}) { return {split, std::move(r), flow::poll_status::split_end}; }

/// The splits as a source has declared them.
inline std::vector<flow::stored_split> const& stored_splits(flow::operator_base& source) {
  return dynamic_cast<flow::list_object<flow::stored_split, flow::state_kind::list>&>(*source.state().objects().at(0)).get();
}

/// Shared with the test; without a line of the script a poll gives nothing.
struct script {
  std::deque<poll> polls;
  std::set<std::uint32_t> waiting;  // splits that wait their turn behind others
  std::vector<std::string> log;
  int polled = 0;
};

class reader final : public flow::reader<std::int64_t> {
 public:
  explicit reader(script& s) : script_(s) {}
  void assign(std::uint32_t number, flow::split const& s) override {
    if (s.id == "bad") throw flow::error(flow::error_code::not_found, "no such split");
    script_.log.push_back("assign " + std::to_string(number) + " " + s.id + "@" + s.position);
  }
  flow::poll_result poll(flow::batch<std::int64_t>& into) override {
    ++script_.polled;
    if (script_.polls.empty()) return {};
    auto const p = script_.polls.front();
    script_.polls.pop_front();
    for (auto const r : p.records) into.emplace_back(r);
    bytes_ += 10 * p.records.size() + 1;
    read_[p.split] += p.records.size();
    return {p.status, p.split, p.retry_after};
  }
  std::string position(std::uint32_t number) const override { return read_.contains(number) ? std::to_string(read_.at(number)) : "0"; }
  void seek(std::uint32_t, std::string const&) override {}
  bool reading(std::uint32_t number) const override { return !script_.waiting.contains(number); }
  std::uint64_t bytes_read() const override { return bytes_; }
  void release(std::uint32_t number) override { script_.log.push_back("release " + std::to_string(number)); }
  void pause(std::uint32_t number, bool paused) override { script_.log.push_back((paused ? "pause " : "go on ") + std::to_string(number)); }

 private:
  script& script_;
  std::map<std::uint32_t, std::size_t> read_;
  std::uint64_t bytes_ = 0;
};

/// A source alone, with the script, a clock and a recorder behind it.
struct source {
  template <class Strategy>
  explicit source(Strategy strategy) : op("the-source", std::make_unique<reader>(script), assigner(strategy)) { start(); }
  source() : op("the-source", std::make_unique<reader>(script), nullptr) { start(); }

  template <class Strategy>
  static std::unique_ptr<flow::time_assigner> assigner(Strategy strategy) {
    auto const time_of = [](std::int64_t r) { return r == 13 ? throw std::runtime_error("unlucky") : recording::at(r); };
    return std::make_unique<flow::typed_time_assigner<std::int64_t, decltype(time_of), Strategy>>(time_of, strategy);
  }
  void start() {
    op.port(0).connect(out);
    auto c = recording::context(16);
    c.clock = &clock;
    op.start(c);
  }
  void splits(int n, bool complete = true) {
    for (int i = 0; i < n; ++i) op.assign({"s" + std::to_string(i), ""});
    op.splits_known({.complete = complete});
    script.log.clear();
  }
  flow::source_step step(std::chrono::nanoseconds after = std::chrono::nanoseconds{0}) {
    clock.advance(after);
    return op.step(clock.now());
  }
  /// Steps until the script has been played.
  void play(std::deque<scripted::poll> polls) {
    script.polls = std::move(polls);
    while (!script.polls.empty()) step();
  }

  scripted::script script;
  flow::manual_clock clock;
  recording::recorder<std::int64_t> out;
  flow::source_operator<std::int64_t> op;
};

}  // namespace scripted
