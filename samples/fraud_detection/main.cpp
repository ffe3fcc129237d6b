// Which large payments follow a small one on the same account, by rules that change while payments go on?

#include <algorithm>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <cereal/types/vector.hpp>

#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

struct payment {
  std::int64_t id = 0;
  std::string account;
  flow::timestamp at;
  std::int64_t cents = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(id), CEREAL_NVP(account), CEREAL_NVP(at), CEREAL_NVP(cents));
  }
};

// From `at` on, the rule is this, or is none.
struct rule_change {
  flow::timestamp at;
  std::string rule;
  bool active = false;
  std::int64_t small_below_cents = 0, large_from_cents = 0, within_seconds = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(at), CEREAL_NVP(rule), CEREAL_NVP(active), CEREAL_NVP(small_below_cents), CEREAL_NVP(large_from_cents),
            CEREAL_NVP(within_seconds));
  }
};

struct alert {
  std::string account, rule;
  std::int64_t payment = 0;  // its id
  flow::timestamp at;
  std::int64_t cents = 0;
  std::int64_t small_payment = 0;
  flow::timestamp small_at;
  std::int64_t small_cents = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(account), CEREAL_NVP(rule), CEREAL_NVP(payment), CEREAL_NVP(at), CEREAL_NVP(cents), CEREAL_NVP(small_payment),
            CEREAL_NVP(small_at), CEREAL_NVP(small_cents));
  }
};

// A payment waits until the watermark, which is the lower one of payments and rules, has come to its time: by then all that
// was paid before it is here, and all rules that hold for it.
struct apply_rules {
  static constexpr auto longest = 10min;  // how far back a rule may look
  inline static flow::tag<payment> const late{"late"};

  flow::list_state<payment> payments;  // of the account: those that wait, and those that a rule may look back at
  flow::broadcast_state<std::string, std::vector<rule_change>> rules;  // all versions of each, in the order of time

  void open(flow::open_context& context) {
    payments = context.state().list<payment>("payments");
    rules = context.operator_state().broadcast_map<std::string, std::vector<rule_change>>("rules");
  }

  void process_rule(rule_change const& change, auto& context, flow::output<alert>&) {
    if (change.within_seconds > longest / 1s)
      throw std::invalid_argument("a rule looks back at most " + std::to_string(longest / 1s) + " s: what was paid before that is forgotten");
    auto& versions = context.writable(rules).change(change.rule);
    versions.insert(after(versions, change.at), change);
  }

  void process_record(payment const& p, auto& context, flow::output<alert>&) {
    if (p.at <= context.watermark()) return context.emit(late, p);
    payments.add(p);
    context.event_timer(p.at);            // to judge it
    context.event_timer(p.at + longest);  // to forget it
  }

  void on_timer(flow::timestamp now, auto&, flow::output<alert>& out) {
    auto known = payments.get();
    std::sort(known.begin(), known.end(), [](payment const& a, payment const& b) { return std::tie(a.at, a.id) < std::tie(b.at, b.id); });
    for (auto p = known.begin(); p != known.end() && p->at <= now; ++p)
      if (p->at == now) judge(std::span<payment const>(known.begin(), p), *p, out);
    std::erase_if(known, [now](payment const& p) { return p.at + longest <= now; });
    payments.set(std::move(known));
  }

 private:
  static std::vector<rule_change>::const_iterator after(std::vector<rule_change> const& versions, flow::timestamp t) {
    return std::upper_bound(versions.begin(), versions.end(), t, [](flow::timestamp time, rule_change const& r) { return time < r.at; });
  }

  void judge(std::span<payment const> before, payment const& p, flow::output<alert>& out) const {
    rules.for_each([&](std::string const& name, std::vector<rule_change> const& versions) {
      auto const next = after(versions, p.at);
      if (next == versions.begin()) return;
      rule_change const& rule = *std::prev(next);
      if (!rule.active || p.cents < rule.large_from_cents) return;
      auto const small = std::find_if(before.rbegin(), before.rend(), [&](payment const& q) { return q.cents < rule.small_below_cents; });
      if (small == before.rend() || p.at - small->at > std::chrono::seconds(rule.within_seconds)) return;
      out.emit(alert{p.account, name, p.id, p.at, p.cents, small->id, small->at, small->cents});
    });
  }
};

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
  auto alerts = job.source("payments", flow::file::csv<payment>(payments_path).time_format(times))
      .event_time(&payment::at, flow::out_of_order_by(bound))
      .key_by(&payment::account)
      .connect(rules.broadcast())
      .process("apply-rules", apply_rules{});

  alerts.sink("alerts", flow::file::csv(out + "/alerts").overwrite().time_format(times));
  alerts.side(apply_rules::late).sink("late", flow::file::csv(out + "/late").overwrite().time_format(times));
  alerts.sink("largest", flow::file::console_table()
          .title("The largest payments with an alert")
          .time_format(times)
          .order_by(&alert::cents, flow::file::descending)
          .limit(15))
      .with_parallelism(1);
  return flow::run(job, arguments);
}
