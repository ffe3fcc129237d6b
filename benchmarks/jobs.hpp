#pragma once
// Jobs that more than one benchmark runs.

#include <memory>

#include <flow/flow.hpp>
#include <flow/memory.hpp>

#include "hand_loops.hpp"
#include "totals_sink.hpp"

namespace bench {

struct campaign_view {
  std::int64_t campaign;
};

/// The Yahoo! Streaming Benchmark.
inline void add_ysb(flow::job& job, std::uint64_t records, std::uint32_t splits, std::shared_ptr<shared_totals> const& into) {
  auto const table = std::make_shared<campaign_table const>(campaigns());
  job.source("events", flow::memory::generate<ad_event>(records, ad_events{}).splits(splits))
      .event_time(&ad_event::time, flow::monotonous())
      .filter([](ad_event const& e) { return e.event_type == ad_event::view; })
      .template flat_map<campaign_view>([table](ad_event const& e, flow::output<campaign_view>& out) {
        auto const found = table->find(e.ad);
        if (found != table->end()) out.emit({found->second});
      })
      .key_by(&campaign_view::campaign)
      .window(flow::tumbling_windows(ysb_window))
      .template aggregate<flow::count>("views")
      .sink("totals", totals_sink(into, [](auto const& result) { return result.value; }));
}

/// A sum per key and second.
inline void add_keyed_window(flow::job& job, std::uint64_t records, std::uint32_t splits, std::shared_ptr<shared_totals> const& into) {
  job.source("readings", flow::memory::generate<reading>(records, readings{}).splits(splits))
      .event_time(&reading::time, flow::monotonous())
      .key_by(&reading::key)
      .window(flow::tumbling_windows(keyed_window))
      .template aggregate<flow::sum<&reading::value>>("sums")
      .sink("totals", totals_sink(into, [](auto const& result) { return result.value; }));
}

/// Adds up the values of each key for good, and tells every 1,024th sum.
struct running_sum {
  flow::value_state<std::int64_t> sum;
  void open(flow::open_context& context) { sum = context.state().value<std::int64_t>("sum"); }
  void process(reading const& r, auto&, flow::output<std::int64_t>& out) {
    std::int64_t const now = sum.change() += r.value;
    if ((r.index & 1023) == 0) out.emit(now);
  }
};

inline void add_running_sums(flow::job& job, std::uint64_t records, std::int64_t keys, std::uint32_t splits, std::shared_ptr<shared_totals> const& into) {
  readings make;
  make.keys = keys;
  job.source("readings", flow::memory::generate<reading>(records, make).splits(splits))
      .key_by(&reading::key)
      .process("sums", running_sum{})
      .sink("totals", totals_sink(into, [](std::int64_t sum) { return sum; }));
}

}  // namespace bench
