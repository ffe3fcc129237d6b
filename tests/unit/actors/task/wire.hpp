#pragma once

#include "task/outgoing.hpp"
// A transport that keeps what is sent until a test delivers it.

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "task/element.hpp"

#include "../../libflow/recording.hpp"

namespace wire {

using recording::at;
using recording::batch_of;
using recording::micros;

inline std::string text_of(flow::element const& e) {
  switch (e.what) {
    case flow::element::kind::batch: return std::to_string(e.records->size()) + (e.records->size() == 1 ? " record" : " records");
    case flow::element::kind::watermark: return e.time == flow::end_of_time ? "end of time" : "watermark " + std::to_string(micros(e.time));
    case flow::element::kind::idle: return "idle";
    case flow::element::kind::barrier: return "barrier " + std::to_string(e.barrier.checkpoint);
    case flow::element::kind::end: return "end";
  }
  return "?";
}

struct sent_element {
  flow::task_address to;
  std::uint32_t channel;
  flow::element what;
};
struct given_credit {
  flow::task_address to;
  flow::credit what;
};

class transport final : public flow::transport {
 public:
  void send(flow::task_address to, std::uint32_t channel, flow::element e) override { sent.push_back({to, channel, std::move(e)}); }
  void give(flow::task_address to, flow::credit c) override { given.push_back({to, std::move(c)}); }
  void announce(flow::task_address, std::uint32_t channel, flow::announcement a) override { announced.push_back({channel, a}); }

  /// What was sent on one channel, as text, in order.
  std::vector<std::string> log(std::uint32_t channel = 0) const {
    std::vector<std::string> lines;
    for (auto const& s : sent)
      if (s.channel == channel) lines.push_back(text_of(s.what));
    return lines;
  }
  std::vector<std::size_t> sizes(std::uint32_t channel = 0) const {
    std::vector<std::size_t> all;
    for (auto const& s : sent)
      if (s.channel == channel && s.what.records) all.push_back(s.what.records->size());
    return all;
  }
  template <class T>
  std::vector<T> records(std::uint32_t channel = 0) const {
    std::vector<T> all;
    for (auto const& s : sent)
      if (s.channel == channel && s.what.records)
        for (auto const& r : flow::as<T>(*s.what.records)) all.push_back(r);
    return all;
  }

  std::deque<sent_element> sent;
  std::deque<given_credit> given;
  std::vector<std::pair<std::uint32_t, flow::announcement>> announced;
};

/// Elements of one channel, numbered as a sender would.
class sender {
 public:
  flow::element records(std::vector<int> const& r, std::size_t bytes = 0) {
    auto e = made(flow::element::kind::batch);
    e.records = batch_of(r);
    e.bytes = bytes != 0 ? bytes : e.records->footprint();
    return e;
  }
  flow::element watermark(std::int64_t t) {
    auto e = made(flow::element::kind::watermark);
    e.time = at(t);
    return e;
  }
  flow::element end_of_time() {
    auto e = made(flow::element::kind::watermark);
    e.time = flow::end_of_time;
    return e;
  }
  flow::element idle() { return made(flow::element::kind::idle); }
  flow::element barrier(std::uint64_t n) {
    auto e = made(flow::element::kind::barrier);
    e.barrier = {n, n - 1};
    return e;
  }
  flow::element end() { return made(flow::element::kind::end); }

 private:
  flow::element made(flow::element::kind what) {
    flow::element e;
    e.what = what;
    e.sequence = next_++;
    return e;
  }
  std::uint64_t next_ = 0;
};

/// The subtasks of task 2, each behind a channel with this credit.
inline std::vector<flow::outgoing_target> targets(std::size_t n, std::size_t window) {
  std::vector<flow::outgoing_target> all;
  for (std::uint32_t i = 0; i < n; ++i) all.push_back({{2, i}, i, window});
  return all;
}

}  // namespace wire
