#pragma once
// In which order records whose answers come in any order leave an operator.
//
// Records between two watermarks stay between them. Ordered, they leave as they came; unordered, as they are answered. Both
// are one thing: a stream is a row of groups, within a group records overtake each other, a watermark closes a group, and
// in an ordered stream each record is a group of its own. Records are known by their slots, small numbers that are used
// again. Every operation is O(1), amortised.

#include <cstdint>
#include <limits>
#include <vector>

#include <flow/async/ring.hpp>
#include <flow/time.hpp>

namespace flow::detail {

class release_order {
 public:
  explicit release_order(bool ordered) : ordered_(ordered) {}

  /// A record has come.
  void add(std::uint32_t slot);
  /// It may leave when its turn comes.
  void answered(std::uint32_t slot);
  /// A watermark has come, behind all records so far; only the newest of several counts.
  void watermark(timestamp w) {
    closed_group().watermark = w;
    groups_.back().idle = false;
  }
  /// The input is idle, behind all records and watermarks so far.
  void idle() { closed_group().idle = true; }

  struct leaving {
    enum class what { nothing, record, watermark, idle } is = what::nothing;
    std::uint32_t slot = 0;
    timestamp at = no_watermark;
  };
  /// Takes what leaves next; `nothing` while an answer has to come first.
  leaving next();

  bool empty() const { return groups_.empty(); }
  /// Whether a record that came now and was answered at once would be the next to leave.
  bool lets_pass() { return groups_.empty() || (!ordered_ && groups_.size() == 1 && !groups_.front().closed()); }

 private:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  struct group {
    std::uint32_t records = 0;               // that have not left
    std::uint32_t first = none, last = none;  // of those answered, a list
    bool idle = false;
    timestamp watermark = no_watermark;
    bool closed() const { return idle || watermark != no_watermark; }
  };
  struct place {
    std::uint64_t group = 0;  // counted from the beginning
    std::uint32_t next = none;
  };
  group& closed_group() {
    if (groups_.empty()) groups_.push({});
    return groups_.back();
  }

  bool const ordered_;
  ring<group> groups_;
  std::uint64_t gone_ = 0;  // groups that are not in the ring any more
  std::vector<place> places_;  // by slot
};

}  // namespace flow::detail
