// Wrong requests to the outside, one for each number that MISUSE may be. tests/hygiene/misuse.py says what the compiler must.
#pragma once

#include <flow/job.hpp>
#include <flow/memory.hpp>

struct number {
  std::int64_t n = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};
struct undescribed {
  std::int64_t n = 0;
};

inline void describe(flow::job& job) {
  auto const numbers = job.source("numbers", flow::memory::values(std::vector<number>{}));
  [[maybe_unused]] auto const ask = [](number const& n, flow::reply<number> r) { r.answer(n); };
  [[maybe_unused]] auto const find = [](std::int64_t n, flow::reply<number> r) { r.answer(number{n}); };
#if MISUSE == 1
  numbers.async("ask", [](number const& n) { return n; });
#elif MISUSE == 2
  numbers.async("ask", [](number const& n, auto r) { r.answer(n); });
#elif MISUSE == 3
  numbers.async("ask", [](std::string const&, flow::reply<number>) {});
#elif MISUSE == 4
  numbers.async("ask", ask, 5);
#elif MISUSE == 5
  numbers.async("ask", ask, flow::cache(10, std::chrono::seconds(1)));
#elif MISUSE == 6
  struct opening {
    void open() {}
    void operator()(number const&, flow::reply<number>) {}
  };
  numbers.async("ask", opening{});
#elif MISUSE == 7
  numbers.lookup_join(&number::n, ask);
#elif MISUSE == 8
  numbers.lookup_join(&number::n, find).select("join", [](number const&, std::string const&) { return 1; });
#elif MISUSE == 9
  numbers.lookup_join(&number::n, find).left_outer().select("join", [](number const&, number const&) { return 1; });
#elif MISUSE == 10
  numbers.async("ask", ask, flow::default_answer([](number const&) { return number{}; }));
#elif MISUSE == 11
  numbers.map([](number const&) { return undescribed{}; }).async("ask", [](undescribed const&, flow::reply<number>) {});
#else
  numbers.async("ask", ask, flow::unordered, flow::in_flight(10), flow::timeout(std::chrono::seconds(1)), flow::retry(2), flow::divert_failures).failed().sink("failed", flow::memory::discard());
  numbers.lookup_join(&number::n, find, flow::cache(10, std::chrono::seconds(1))).left_outer().select("join", [](number const& n, number const*) { return n; });
#endif
}
