#include <flow/async/release_order.hpp>

namespace flow::detail {

void release_order::add(std::uint32_t slot) {
  if (groups_.empty() || ordered_ || groups_.back().closed()) groups_.push({});
  ++groups_.back().records;
  if (slot >= places_.size()) places_.resize(std::size_t{slot} + 1);
  places_[slot] = {gone_ + groups_.size() - 1, none};
}

void release_order::answered(std::uint32_t slot) {
  group& g = groups_[places_[slot].group - gone_];
  if (g.first == none) g.first = slot;
  else places_[g.last].next = slot;
  g.last = slot;
}

release_order::leaving release_order::next() {
  using what = leaving::what;
  while (!groups_.empty()) {
    group& g = groups_.front();
    if (g.first != none) {
      std::uint32_t const slot = g.first;
      g.first = places_[slot].next;
      --g.records;
      return {what::record, slot};
    }
    if (g.records > 0) return {};
    if (g.watermark != no_watermark) return {what::watermark, 0, std::exchange(g.watermark, no_watermark)};
    bool const idle = g.idle;
    groups_.pop();
    ++gone_;
    if (idle) return {what::idle};
  }
  return {};
}

}  // namespace flow::detail
