#pragma once
// The records of the job, and what it does with them. The function is in a file of its own, which is compiled by itself.

#include <cstdint>
#include <string>

#include <flow/flow.hpp>

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
  std::int64_t number = 0;  // of the account's payments with an alert, from 1

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(account), CEREAL_NVP(rule), CEREAL_NVP(payment), CEREAL_NVP(at), CEREAL_NVP(cents), CEREAL_NVP(small_payment),
            CEREAL_NVP(small_at), CEREAL_NVP(small_cents), CEREAL_NVP(number));
  }
};

/// Payments that came when those of their time had been judged: a side output of `apply_rules`.
inline flow::tag<payment> const late_payments{"late"};

/// Alerts for payments, each judged by the rules of its own time. The rules' changes come in the order of time.
flow::stream<alert> apply_rules(flow::stream<payment> const& payments, flow::stream<rule_change> const& rules);
