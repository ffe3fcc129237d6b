#pragma once
// The part of an output that comes from a call which may yet fail, so that it can be taken back.

#include <cstdint>
#include <utility>
#include <vector>

#include <flow/batch.hpp>

namespace flow::detail {

/// Beside the batch that an output is filling. What a call fills beyond it waits here until the call has ended.
class tentative_output {
 public:
  /// A call begins.
  void begin(batch_base const& current) { before_ = current.size(); }
  /// The batch is full: it waits, and an empty one takes its place. Throws flow::error (limit_exceeded) when the call has
  /// filled more than `most_bytes`.
  void set_aside(batch_ref& current, std::size_t most_bytes);
  /// The call has failed: `current` becomes what it was when the call began. O(records that were in it).
  void take_back(batch_ref& current);
  /// Whether calls have filled batches since `hand_on`.
  bool has_filled() const { return has_filled_; }
  /// The call has succeeded: hands on, by `push(batch_ref&)`, what it has filled.
  template <class Push>
  void hand_on(Push push) {
    for (auto& b : full_) {
      push(b);
      spare_ = std::move(b);
    }
    forget();
  }

 private:
  void forget() {
    full_.clear();
    bytes_ = 0;
    has_filled_ = false;
  }

  std::uint32_t before_ = 0;  // records of earlier calls, in the first of the batches
  bool has_filled_ = false;
  std::size_t bytes_ = 0;
  std::vector<batch_ref> full_;
  batch_ref spare_;
};

}  // namespace flow::detail
