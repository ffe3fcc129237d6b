#pragma once
// A record of the tests of process functions.

#include <string>

#include <flow/flow.hpp>

namespace flow::testing {

struct payment {
  std::string account;
  std::int64_t cents = 0;
  timestamp at{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(account), CEREAL_NVP(cents), CEREAL_NVP(at)); }
};

inline std::int64_t micros(timestamp t) { return t.time_since_epoch().count(); }

}  // namespace flow::testing
