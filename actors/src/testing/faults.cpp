#include <flow/testing/faults.hpp>

#include <algorithm>

namespace flow::testing {

void fault_points::pass(std::string const& point) {
  auto const number = passed_[point]++;
  auto const due = std::find_if(waiting_.begin(), waiting_.end(), [&](fault const& f) { return f.point == point && f.after <= number; });
  if (due == waiting_.end() || died_) return;
  died_ = due->how == fault::kind::dies;
  waiting_.erase(due);
  throw error(error_code::io, "a fault was asked for at '" + point + "'");
}

}  // namespace flow::testing
