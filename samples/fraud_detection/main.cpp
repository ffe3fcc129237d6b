// Which large payments follow a small one on the same account, by rules that change while payments go on?

#include "fraud_detection.hpp"

#include <string>

#include <flow/file.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  flow::arguments arguments{argc, argv};
  auto payments_path = arguments.text("payments", FLOW_SAMPLE_DIR "/data/payments.csv", "payments: a CSV file, a folder or a pattern");
  auto rules_path = arguments.text("rules", FLOW_SAMPLE_DIR "/data/rules.csv", "changes of the rules: a CSV file, in the order of time");
  auto out = arguments.text("out", "out/fraud_detection", "folder for the results");
  auto bound = arguments.time("out-of-order", 2min, "how far behind the newest payment one may come and still be judged");
  constexpr auto times = "%Y-%m-%d %H:%M:%S";

  flow::job job{"fraud-detection"};
  auto rules = job.source("rules", flow::file::csv<rule_change>(rules_path).time_format(times))
      .event_time(&rule_change::at, flow::monotonous());
  auto payments = job.source("payments", flow::file::csv<payment>(payments_path).time_format(times))
      .event_time(&payment::at, flow::out_of_order_by(bound));

  auto alerts = apply_rules(payments, rules);
  alerts.sink("alerts", flow::file::csv(out + "/alerts").overwrite().time_format(times));
  alerts.side(late_payments).sink("late", flow::file::csv(out + "/late").overwrite().time_format(times));
  alerts.sink("largest", flow::file::console_table()
          .title("The largest payments with an alert")
          .time_format(times)
          .order_by(&alert::cents, flow::file::descending)
          .limit(15))
      .with_parallelism(1);
  return flow::run(job, arguments);
}
