// Wrong functions of two streams, one for each number that MISUSE may be. tests/hygiene/misuse.py says what the compiler must.
#pragma once

#include <flow/job.hpp>
#include <flow/memory.hpp>

struct number {
  std::int64_t n = 0;
  std::int32_t small = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n), CEREAL_NVP(small)); }
};
using numbers = flow::output<number>;

struct both {
  void process_left(number const& n, auto&, numbers& out) { out.emit(n); }
  void process_right(number const& n, auto& context, numbers& out) {
    context.processing_timer(flow::timestamp{});
    out.emit(n);
  }
  void on_timer(flow::timestamp, auto&, numbers&) {}
};
struct with_rules {
  flow::broadcast_state<int, int> rules;
  void process_record(number const&, auto&, numbers&) {}
  void process_rule(number const&, auto& context, numbers&) { context.writable(rules).put(1, 2); }
};
struct plain {
  void process(number const& n, auto&, numbers& out) { out.emit(n); }
};
#if MISUSE == 2
struct tried_left {
  void process_left(number const&, auto&, numbers&) {}
};
#define TRIED tried_left
#elif MISUSE == 3
struct tried_out {
  void process_left(number const&, auto&, numbers&) {}
  void process_right(number const&, auto&, flow::output<int>&) {}
};
#define TRIED tried_out
#elif MISUSE == 4
struct tried_record : both {
  void process_right(std::string const&, auto&, numbers&) {}
};
#define TRIED tried_record
#else
#define TRIED both
#endif
#if MISUSE == 5
struct tried_rules : with_rules {
  void process_record(number const&, auto& context, numbers&) { context.writable(rules).put(1, 2); }
};
#define TRIED_RULES tried_rules
#elif MISUSE == 6
#define TRIED_RULES both
#else
#define TRIED_RULES with_rules
#endif
#if MISUSE == 7
struct tried_plain {
  void process(number const&, auto& context, numbers&) { context.event_timer(flow::timestamp{}); }
  void on_timer(flow::timestamp, auto&, numbers&) {}
};
#define TRIED_PLAIN tried_plain
#else
#define TRIED_PLAIN plain
#endif

inline void build(flow::job& job) {
  auto left = job.source("left", flow::memory::values<number>({}));
  auto right = job.source("right", flow::memory::values<number>({}));
#if MISUSE == 1
  left.key_by(&number::n).connect(right.key_by(&number::small)).process("both", TRIED{});
#elif MISUSE == 8
  left.key_by(&number::n).connect(right).process("both", TRIED{});
#else
  left.key_by(&number::n).connect(right.key_by(&number::n)).process("both", TRIED{});
#endif
  left.key_by(&number::n).connect(right.broadcast()).process("rules", TRIED_RULES{});
  left.process("plain", TRIED_PLAIN{});
}
