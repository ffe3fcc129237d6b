// Wrong ways to divert failures, one for each number that MISUSE may be. tests/hygiene/misuse.py says what the compiler must.
#pragma once

#include <flow/job.hpp>
#include <flow/memory.hpp>

inline void describe(flow::job& job) {
  auto const numbers = job.source("numbers", flow::memory::values(std::vector<int>{}));
  [[maybe_unused]] auto const same = [](int n) { return n; };
#if MISUSE == 1
  numbers.map(same, flow::bad_record_policy::divert);
#elif MISUSE == 2
  numbers.map(same).failed();
#else
  auto const positive = numbers.map(same, flow::divert_failures).filter([](int n) { return n > 0; }, flow::divert_failures);
  positive.failed().sink("not-positive", flow::memory::discard());
  flow::stream<int> const plain = positive;
  plain.flat_map<int>([](int n, flow::output<int>& out) { out.emit(n); }, flow::divert_failures).named("copy").sink("out", flow::memory::discard());
#endif
}
