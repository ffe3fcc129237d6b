#pragma once
// Records of the job of orders.cpp, and what its operators do.

#include <chrono>
#include <cstdint>

#include <flow/flow.hpp>

namespace orders {

using namespace std::chrono_literals;

struct order {
  std::int64_t id = 0, account = 0, cents = 0;
  flow::timestamp at;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(id), CEREAL_NVP(account), CEREAL_NVP(cents), CEREAL_NVP(at)); }
};

/// What is found for an account in some time: of a window, a session, a minute.
struct total {
  std::int64_t account = 0, start = 0, end = 0, value = 0;  // microseconds
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(account), CEREAL_NVP(start), CEREAL_NVP(end), CEREAL_NVP(value)); }
};

inline std::int64_t micros(flow::timestamp t) { return t.time_since_epoch().count(); }

template <class Value>
total total_of(flow::windowed<std::int64_t, Value> const& w) { return {w.key, micros(w.start), micros(w.end), static_cast<std::int64_t>(w.value)}; }

/// Of each account and minute with orders the sum, when the minute is over: no matter in which order they come.
struct minutes {
  flow::map_state<std::int64_t, std::int64_t> sums;  // by the end of the minute

  void open(flow::open_context& context) { sums = context.state().map<std::int64_t, std::int64_t>("sums"); }
  void process(order const& o, auto& context, flow::output<total>&) {
    auto const end = flow::timestamp{std::chrono::floor<std::chrono::minutes>(o.at.time_since_epoch()) + 1min};
    sums.change(micros(end)) += o.cents;
    context.event_timer(end);
  }
  void on_timer(flow::timestamp t, auto& context, flow::output<total>& out) {
    out.emit(total{context.key(), micros(t - 1min), micros(t), sums.change(micros(t))});
    sums.remove(micros(t));
  }
};

}  // namespace orders
