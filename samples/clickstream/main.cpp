// What do visitors of a shop do: their sessions, how many get from viewing to buying, and which pages are in demand?

#include "clickstream.hpp"

#include <string>

#include <flow/file.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  flow::arguments arguments{argc, argv};
  auto input = arguments.text("input", FLOW_SAMPLE_DIR "/data/clicks.json", "clicks: a file, a folder or a pattern; JSON arrays, or one object a line");
  auto out = arguments.text("out", "out/clickstream", "folder for the results");
  auto gap = arguments.time("gap", 30min, "a visitor who does nothing for so long begins a new session");
  auto bound = arguments.time("out-of-order", 5min, "how far behind the newest click one may come and still count");
  constexpr auto times = "%Y-%m-%d %H:%M:%S";

  flow::job job{"clickstream"};
  auto clicks = job.source("clicks", flow::file::json<click>(input).time_format(times))
      .event_time(&click::at, flow::out_of_order_by(bound));

  auto sessions = sessions_of(clicks, gap);
  sessions.sink("sessions", flow::file::csv(out + "/sessions").overwrite().time_format(times));
  sessions.late().sink("late", flow::file::csv(out + "/late").overwrite().time_format(times));

  auto funnels = funnel_by_hour(sessions);
  funnels.sink("funnel", flow::file::csv(out + "/funnel").overwrite().time_format(times));
  funnels.sink("funnel-table", flow::file::console_table()
          .title("From viewing to buying, by the hour in which sessions ended")
          .time_format("%Y-%m-%d %H:%M")
          .order_by(&funnel_row::hour_start)
          .limit(24))
      .with_parallelism(1);

  most_viewed_pages(clicks).sink("top-pages", flow::file::csv(out + "/top_pages").overwrite().time_format(times));
  return flow::run(job, arguments);
}
