// Wrong triggers and gaps of windows, one for each number that MISUSE may be. tests/hygiene/misuse.py says what the compiler
// must.
#pragma once

#include <flow/job.hpp>
#include <flow/memory.hpp>

struct number {
  std::int64_t n = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};
using result = flow::trigger_result;

struct right {
  struct state {
    std::int64_t records = 0;
    void merge(state const& other) { records += other.records; }
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(records)); }
  };
  result on_record(number const&, auto& context) const {
    ++context.state().records;
    context.event_timer(context.window().end);
    context.processing_timer(context.processing_time());
    return result::go_on;
  }
  result on_end(auto&) const { return result::fire; }
  result on_event_time(flow::timestamp, auto&) const { return result::fire; }
  result on_processing_time(flow::timestamp, auto&) const { return result::purge; }
  void on_merge(auto& context) const { context.event_timer(context.window().end); }
};
struct counts {
  result on_record(number const&, auto&) const { return result::fire; }
};
#if MISUSE == 1
struct tried {
  result on_recrod(number const&, auto&) const { return result::fire; }
};
#elif MISUSE == 2
struct tried {
  result on_record(std::string const&, auto&) const { return result::fire; }
};
#elif MISUSE == 3
struct tried {  // it would remember something of its own
  result on_record(number const&, auto&) { return result::fire; }
};
#elif MISUSE == 4
struct tried : right {
  result on_end() const { return result::fire; }
};
#elif MISUSE == 5
struct tried : right {
  bool on_event_time(flow::timestamp, auto&) const { return true; }
};
#elif MISUSE == 6
struct tried : right {
  result on_processing_time(auto&) const { return result::fire; }
};
#elif MISUSE == 7
struct tried : right {
  void on_merge(flow::timestamp, auto&) const {}
};
#elif MISUSE == 8
struct tried {
  result on_record(number const&, auto& context) const {
    context.event_timer(flow::timestamp{});
    return result::go_on;
  }
};
#elif MISUSE == 9
struct tried {
  result on_record(number const&, auto& context) const {
    context.processing_timer(flow::timestamp{});
    return result::go_on;
  }
};
#elif MISUSE == 10
struct tried : counts {
  struct state {
    std::int64_t records = 0;
  };
};
#elif MISUSE == 11
struct tried : counts {
  struct state {
    std::int64_t records = 0;
    template <class Archive>
    void serialize(Archive& archive) { archive(CEREAL_NVP(records)); }
  };
};
#elif MISUSE == 12
struct tried : counts {
  result on_event_time(flow::timestamp, auto&) const { return result::fire; }
};
#elif MISUSE == 14
struct tried final : counts {};
#else
using tried = right;
#endif

inline void describe(flow::job& job) {
  auto const numbers = job.source("numbers", flow::memory::values(std::vector<number>{})).key_by(&number::n);
#if MISUSE == 13
  numbers.window(flow::session_windows([](std::string const&) { return flow::duration{1}; })).aggregate<flow::count>("tried").sink("out", flow::memory::discard());
#elif MISUSE == 15
  numbers.window(flow::duration{10});
#else
  numbers.window(flow::session_windows(flow::duration{10}).trigger(tried{})).aggregate<flow::count>("tried").sink("out", flow::memory::discard());
#endif
}
