#include "fraud_detection.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include <cereal/types/vector.hpp>

using namespace std::chrono_literals;

namespace {

// A payment waits until the watermark, which is the lower one of payments and rules, has come to its time: by then all that
// was paid before it is here, and all rules that hold for it.
struct rule_matcher {
  static constexpr auto longest = 10min;  // how far back a rule may look

  flow::list_state<payment> payments;  // of the account: those that wait, and those that a rule may look back at
  flow::value_state<std::int64_t> alerts;  // of the account
  flow::broadcast_state<std::string, std::vector<rule_change>> rules;  // all versions of each, in the order of time

  void open(flow::open_context& context) {
    payments = context.state().list<payment>("payments");
    alerts = context.state().value<std::int64_t>("alerts", flow::time_to_live(30 * 24h));
    rules = context.operator_state().broadcast_map<std::string, std::vector<rule_change>>("rules");
  }

  void process_rule(rule_change const& change, auto& context, flow::output<alert>&) {
    if (change.within_seconds > longest / 1s)
      throw std::invalid_argument("a rule looks back at most " + std::to_string(longest / 1s) + " s: what was paid before that is forgotten");
    auto& versions = context.writable(rules).change(change.rule);
    versions.insert(after(versions, change.at), change);
  }

  void process_record(payment const& p, auto& context, flow::output<alert>&) {
    if (p.at <= context.watermark()) return context.emit(late_payments, p);
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

  void judge(std::span<payment const> before, payment const& p, flow::output<alert>& out) {
    std::vector<alert> found;
    rules.for_each([&](std::string const& name, std::vector<rule_change> const& versions) {
      auto const next = after(versions, p.at);
      if (next == versions.begin()) return;
      rule_change const& rule = *std::prev(next);
      if (!rule.active || p.cents < rule.large_from_cents) return;
      auto const small = std::find_if(before.rbegin(), before.rend(), [&](payment const& q) { return q.cents < rule.small_below_cents; });
      if (small == before.rend() || p.at - small->at > std::chrono::seconds(rule.within_seconds)) return;
      found.push_back({p.account, name, p.id, p.at, p.cents, small->id, small->at, small->cents});
    });
    if (found.empty()) return;
    auto const number = ++alerts.change();
    for (alert& a : found) {
      a.number = number;
      out.emit(std::move(a));
    }
  }
};

}  // namespace

flow::stream<alert> apply_rules(flow::stream<payment> const& payments, flow::stream<rule_change> const& rules) {
  return payments.key_by(&payment::account).connect(rules.broadcast()).process("apply-rules", rule_matcher{});
}
