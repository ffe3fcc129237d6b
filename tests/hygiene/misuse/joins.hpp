// Wrong joins, one for each number that MISUSE may be. tests/hygiene/misuse.py says what the compiler must.
#pragma once

#include <flow/job.hpp>
#include <flow/memory.hpp>

struct order {
  std::int64_t number = 0;
  std::string customer;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(number), CEREAL_NVP(customer)); }
};
struct payment {
  std::int64_t order = 0;
  std::int64_t cents = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(order), CEREAL_NVP(cents)); }
};
struct undescribed {
  std::int64_t order = 0;
};

inline void describe(flow::job& job) {
  using namespace std::chrono_literals;
  auto const orders = job.source("orders", flow::memory::values(std::vector<order>{})).key_by(&order::number);
  auto const payments = job.source("payments", flow::memory::values(std::vector<payment>{})).key_by(&payment::order);
  auto const out = flow::memory::discard();
  auto const pair = [](order const& o, payment const& p) { return o.number + p.cents; };
#if MISUSE == 1
  auto const by_customer = job.source("others", flow::memory::values(std::vector<order>{})).key_by(&order::customer);
  by_customer.interval_join(payments).between(0min, 1h).select("joined", pair).sink("out", out);
#elif MISUSE == 2
  orders.interval_join(payments).between(0min, 1h).select("joined", [](order const&) { return 1; }).sink("out", out);
#elif MISUSE == 3
  orders.interval_join(payments).between(0min, 1h).left_outer().select("joined", pair).sink("out", out);
#elif MISUSE == 4
  orders.window_join(payments, flow::tumbling_windows(10s)).right_outer().select("joined", [](order const& o, payment const*) { return o; }).sink("out", out);
#elif MISUSE == 5
  orders.interval_join(payments).between(0min, 1h).full_outer().select("joined", [](order const* o, payment const&) { return *o; }).sink("out", out);
#elif MISUSE == 6
  orders.window_join(payments, 10s).select("joined", pair).sink("out", out);
#elif MISUSE == 7
  orders.co_group(payments, flow::tumbling_windows(10s)).select("grouped", pair).sink("out", out);
#elif MISUSE == 8
  orders.temporal_join(payments).deleted_by([](order const&) { return true; }).select("joined", pair).sink("out", out);
#elif MISUSE == 9
  auto const others = job.source("others", flow::memory::generate<undescribed>(1, [](std::uint64_t) { return undescribed{}; })).key_by(&undescribed::order);
  orders.temporal_join(others).select("joined", [](order const& o, undescribed const&) { return o; }).sink("out", out);
#elif MISUSE == 10
  orders.interval_join(payments).between(0min, 1h).select("joined", [](order const&, payment const&, auto& to) { to.emit(1); }).sink("out", out);
#else
  orders.interval_join(payments).between(0min, 1h).select("joined", pair).sink("out", out);
  orders.window_join(payments, flow::tumbling_windows(10s)).full_outer().select("in-window", [](order const* o, payment const*) { return o ? o->number : 0; }).sink("out-2", out);
  orders.co_group(payments, flow::sliding_windows(10s, 5s)).select("grouped", [](auto const& w, auto const& l, auto const& r) { return w.key + static_cast<std::int64_t>(l.size() + r.size()); }).sink("out-3", out);
  orders.temporal_join(payments).left_outer().select("valid", [](order const& o, payment const*, flow::output<order>& to) { to.emit(o); }).sink("out-4", out);
#endif
}
