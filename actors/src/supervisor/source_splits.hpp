#pragma once
// The splits of one source of a job: its enumerator, looked at when it is time, and who gets what it finds.

#include <memory>
#include <optional>

#include "split_assignment.hpp"

#include <flow/graph/graph.hpp>

namespace flow {

/// The state of a source that the supervisor stores beside those of its subtasks.
inline constexpr char const* enumerator_state_name = "flow.enumerator";

/// What a snapshot holds of it: what has been found, and what of that nobody has been given.
struct stored_splits {
  std::string position;
  std::vector<split> waiting;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(position), CEREAL_NVP(waiting));
  }
};

class source_splits {
 public:
  /// Makes the enumerator of a source. Errors, here and below, are thrown as `flow::error` with the source's name.
  source_splits(node const& source, std::uint32_t subtasks, flow::clock const& clock);

  struct looked {
    std::vector<split> found;
    std::vector<split_share> shares;
    /// When to look again; nothing when all has been found.
    std::optional<std::chrono::nanoseconds> again;
  };
  /// Looks for splits. May block, as long as the enumerator does.
  looked look();
  std::vector<split_share> asked(std::uint32_t subtask) { return assignment_.asked(subtask); }

  stored_splits store() const;
  /// Before the first look.
  void restore(stored_splits const& stored);

 private:
  template <class F>
  auto guarded(F f) const;

  node const& source_;
  std::unique_ptr<split_enumerator> enumerator_;
  split_assignment assignment_;
  std::vector<split> restored_;
  std::uint32_t subtasks_;
  flow::clock const& clock_;
  bool opened_ = false;
  bool known_ = false;
};

}  // namespace flow
