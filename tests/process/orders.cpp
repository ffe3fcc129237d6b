// The job of the tests that kill processes: orders from files, what is found in them into files, exactly once.
//
// What it publishes does not depend on the order in which files are read: windows and sums by event time, nothing of it late.

#include <string>

#include <flow/file.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>

#include "faults.hpp"

namespace {

using namespace orders;

struct options {
  std::string input, out;
  std::uint64_t roll_bytes = 0, split_bytes = 0;
  std::chrono::microseconds nap{0}, window{0};
  orders::fault fault;
  std::string extra, renamed;

  auto rows(std::string const& folder) const { return flow::file::csv(out + "/" + folder).roll_bytes(roll_bytes); }
};

void describe(flow::job& job, options const& o) {
  auto all = job.source("orders", flow::file::json<order>(o.input).split_bytes(o.split_bytes).in_time_order())
                 .event_time(&order::at, flow::out_of_order_by(10s));
  auto checked = all.key_by(&order::id).process("check", faulty_step{o.fault, o.nap});
  checked.sink("all", with_faults<order>(o.rows("all"), o.fault));

  auto by_account = all.key_by(&order::account);
  auto windows = by_account.window(flow::tumbling_windows(o.window)).aggregate<flow::sum<&order::cents>>("windows");
  windows.map(total_of<std::int64_t>).sink("windows-out", o.rows("windows").roll_on_checkpoint());
  windows.late().sink("late", o.rows("late"));
  by_account.window(flow::session_windows(40s))
      .aggregate<flow::count>("sessions")
      .map([](auto const& w) { return total_of(w); })
      .sink("sessions-out", flow::file::json_lines(o.out + "/sessions").roll_bytes(o.roll_bytes));
  by_account.process(o.renamed, minutes{}).sink("minutes-out", flow::file::json_lines(o.out + "/minutes").roll_on_checkpoint());
  if (!o.extra.empty()) by_account.window(flow::tumbling_windows(1h)).aggregate<flow::count>(o.extra).sink("extra-out", flow::memory::discard());
}

}  // namespace

int main(int argc, char** argv) {
  flow::arguments arguments{argc, argv};
  options o;
  o.input = arguments.text("input", "orders", "orders, as JSON lines in the order of time");
  o.out = arguments.text("out", "out", "folder for the results");
  o.roll_bytes = static_cast<std::uint64_t>(arguments.number("roll-bytes", 20'000, "how large a file of results becomes"));
  o.split_bytes = static_cast<std::uint64_t>(arguments.number("split-bytes", 100'000, "how large the parts of a divided file are"));
  o.nap = arguments.time("nap", 0ms, "a pause with every 16th order");
  o.window = arguments.time("window", 30s, "the size of a window");
  o.fault.name = arguments.text("fault", "", "what goes wrong");
  o.fault.at = arguments.number("at", -1, "the order at which it does");
  o.extra = arguments.text("extra", "", "another window, under this name");
  o.renamed = arguments.text("minutes-name", "minutes", "what the process function is called");
  flow::job job{"orders"};
  describe(job, o);
  return flow::run(job, arguments);
}
