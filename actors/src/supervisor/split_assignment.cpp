#include "split_assignment.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace flow {

split_assignment::split_assignment(std::uint32_t subtasks, bool on_request, bool in_time_order)
    : on_request_(on_request), subtasks_(subtasks) {
  terms_ = {false, on_request, false, in_time_order};
  for (std::uint32_t i = 0; i < subtasks; ++i) askers_.push_back(i);
}

std::vector<split_share> split_assignment::found(std::vector<split> splits, bool complete) {
  std::move(splits.begin(), splits.end(), std::back_inserter(waiting_));
  complete_ = complete;
  auto shares = no_shares();
  deal(shares);
  return to_send(std::move(shares));
}

std::vector<split_share> split_assignment::asked(std::uint32_t subtask) {
  if (std::find(askers_.begin(), askers_.end(), subtask) == askers_.end()) askers_.push_back(subtask);
  auto shares = no_shares();
  deal(shares);
  bool const given = !shares[subtask].splits.empty();
  auto sent = to_send(std::move(shares));
  bool const answered = std::any_of(sent.begin(), sent.end(), [&](auto const& s) { return s.subtask == subtask; });
  if (!given && !answered) sent.push_back({subtask, {}, terms_});
  return sent;
}

std::vector<split_share> split_assignment::no_shares() const {
  std::vector<split_share> shares(subtasks_);
  for (std::uint32_t i = 0; i < subtasks_; ++i) shares[i].subtask = i;
  return shares;
}

void split_assignment::deal(std::vector<split_share>& shares) {
  while (!waiting_.empty() && (!on_request_ || !askers_.empty())) {
    std::uint32_t const to = on_request_ ? askers_.front() : next_;
    shares[to].splits.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    if (on_request_) askers_.pop_front(); else next_ = (next_ + 1) % subtasks_;
  }
}

std::vector<split_share> split_assignment::to_send(std::vector<split_share> shares) {
  split_terms now = terms_;
  now.complete = complete_ && waiting_.empty();
  now.held = !now.in_time_order && !waiting_.empty();
  bool const tell_all = !std::exchange(told_, true) || now != terms_;
  terms_ = now;
  std::vector<split_share> sent;
  for (auto& s : shares) {
    s.terms = terms_;
    if (tell_all || !s.splits.empty()) sent.push_back(std::move(s));
  }
  return sent;
}

}  // namespace flow
