// Wrong process functions, one for each number that MISUSE may be. tests/hygiene/misuse.py says what the compiler must.
#pragma once

#include <flow/job.hpp>
#include <flow/memory.hpp>

struct number {
  std::int64_t n = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};
using numbers = flow::output<number>;

struct right {
  void open(flow::open_context&) {}
  void process(number const& n, auto& context, numbers& out) {
    context.event_timer(flow::timestamp{});
    out.emit(n);
  }
  void on_timer(flow::timestamp, auto&, numbers&) {}
  void close() {}
};
#if MISUSE == 1
struct tried {
  void proces(number const&, auto&, numbers&) {}
};
#elif MISUSE == 2
struct tried {
  void process(number const&, numbers&) {}
};
#elif MISUSE == 3
struct tried {
  void process(std::string const&, auto&, numbers&) {}
};
#elif MISUSE == 4
struct tried : right {
  void on_timer(auto&, numbers&) {}
};
#elif MISUSE == 5
struct tried {
  void process(number const&, auto& context, numbers&) { context.event_timer(flow::timestamp{}); }
  void on_timr(flow::timestamp, auto&, numbers&) {}
};
#elif MISUSE == 6
struct tried : right {
  void open() {}
};
#elif MISUSE == 7
struct tried : right {
  void close(int) {}
};
#elif MISUSE == 8
struct tried : right {
  void on_timer(flow::timestamp, auto&, flow::output<int>&) {}
};
#else
using tried = right;
#endif

inline void describe(flow::job& job) {
  job.source("numbers", flow::memory::values(std::vector<number>{})).key_by(&number::n).process("tried", tried{}).sink("out", flow::memory::discard());
}
