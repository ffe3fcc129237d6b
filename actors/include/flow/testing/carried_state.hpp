#pragma once
// The declared state of an operator, carried to another that takes its place.

#include <flow/testing/recorded_pieces.hpp>

namespace flow::testing {

/// Takes all that the subtasks of an operator have declared, as a savepoint does, and gives it to those that are to go on.
class carried_state final : public state_source {
 public:
  /// How many subtasks there were.
  explicit carried_state(std::uint32_t before = 1, std::uint32_t max_parallelism = 128) : before_(before) {
    pieces_.max_parallelism = max_parallelism;
    pieces_.begin(1);
  }

  void take(operator_state& from, std::uint32_t subtask = 0) {
    from.begin_snapshot({1, 0, true, subtask, pieces_.max_parallelism}, pieces_);
    write_all(from);
  }
  /// Whose state is restored from now on.
  void give_to(std::uint32_t subtask, std::uint32_t parallelism) {
    subtask_ = subtask;
    parallelism_ = parallelism;
  }
  void restore(state_object& declared) override { pieces_.restore(declared, pieces_.alone(), subtask_, parallelism_, before_); }

 private:
  recorded_pieces pieces_;
  std::uint32_t before_;
  std::uint32_t subtask_ = 0, parallelism_ = 1;
};

}  // namespace flow::testing
