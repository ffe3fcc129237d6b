#pragma once
// Which subtask of a source gets which split, and what the others are told.

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <flow/operator/source_operator.hpp>

namespace flow {

/// What one subtask is to be sent: splits, perhaps none, and then the terms.
struct split_share {
  std::uint32_t subtask = 0;
  std::vector<split> splits;
  split_terms terms;
};

/// Deals the splits of one source out as they are found, or one at a time as subtasks ask. A plain state machine.
///
/// Every subtask counts as having asked at the beginning. A subtask is sent something when it gets splits or when its
/// terms have changed, and as the answer when it asks.
class split_assignment {
 public:
  split_assignment(std::uint32_t subtasks, bool on_request, bool in_time_order);

  /// More splits have been found; `complete` says that there will be no others.
  std::vector<split_share> found(std::vector<split> splits, bool complete);
  std::vector<split_share> asked(std::uint32_t subtask);

  /// The splits that nobody has been given, in their order: with the enumerator's position what a snapshot holds.
  std::deque<split> const& waiting() const { return waiting_; }

 private:
  std::vector<split_share> no_shares() const;
  void deal(std::vector<split_share>& shares);
  std::vector<split_share> to_send(std::vector<split_share> shares);

  bool on_request_;
  bool complete_ = false;
  bool told_ = false;  // the terms, at all
  split_terms terms_;
  std::uint32_t next_ = 0;  // whose turn it is when splits are dealt out
  std::deque<split> waiting_;
  std::deque<std::uint32_t> askers_;  // in the order in which they asked
  std::uint32_t subtasks_;
};

}  // namespace flow
