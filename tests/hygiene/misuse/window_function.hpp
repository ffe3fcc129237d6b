// Wrong functions and aggregates of windows, one for each number that MISUSE may be. tests/hygiene/misuse.py says what the
// compiler must.
#pragma once

#include <flow/job.hpp>
#include <flow/memory.hpp>

struct number {
  std::int64_t n = 0;
  double fraction = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n), CEREAL_NVP(fraction)); }
};
struct undescribed {
  std::int64_t n = 0;
};
using numbers = flow::output<number>;

struct only_adds {
  void add(number const&) {}
  std::int64_t result() const { return 0; }
};

template <class Windows>
void use(Windows const& windows) {
#if MISUSE == 1
  windows.process("tried", [](std::span<number const>, numbers&) {});
#elif MISUSE == 2
  windows.process("tried", [](auto const&, std::span<undescribed const>, numbers&) {});
#elif MISUSE == 3
  windows.template aggregate<flow::count>("tried", [](auto const&, std::string const&, numbers&) {});
#elif MISUSE == 4
  windows.reduce("tried", [](number const& a, number const&) { return a.n; });
#elif MISUSE == 5
  windows.template aggregate<only_adds>("tried");
#elif MISUSE == 7
  windows.template aggregate<flow::distinct_count<&number::fraction>>("tried");
#elif MISUSE == 8
  windows.template aggregate<flow::quantiles<1001, &number::fraction>>("tried");
#elif MISUSE == 9
  windows.pre_aggregate(true).template aggregate<flow::count>("tried");
#else
  windows.process("listed", [](auto const&, std::span<number const> all, numbers& out) { out.emit(all.front()); });
  windows.template aggregate<flow::count>("counted", [](auto const&, std::int64_t n, numbers& out) { out.emit({n, 0}); });
  windows.reduce("reduced", [](number const& a, number const& b) { return number{a.n + b.n, 0}; });
  windows.template aggregate<flow::quantiles<500, &number::fraction>>("quantiles").sink("out", flow::memory::discard());
#endif
}

inline void describe(flow::job& job) {
  auto const windows = flow::tumbling_windows(flow::duration{10});
  auto const all = job.source("numbers", flow::memory::values(std::vector<number>{}));
  use(all.key_by(&number::n).window(windows));
  use(all.window(windows));
#if MISUSE == 6
  job.source("undescribed", flow::memory::values(std::vector<undescribed>{})).window(windows).process("tried", [](auto const&, std::span<undescribed const>, numbers&) {});
#endif
}
