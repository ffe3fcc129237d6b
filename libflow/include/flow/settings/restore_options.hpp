#pragma once
// From which checkpoint or savepoint a run starts, and how its state is given to the operators of the job as it is now.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace flow {

enum class restore_form : std::uint8_t {
  none,             // a fresh start; refused where the directory of snapshots holds checkpoints
  latest,           // the newest checkpoint in the directory of snapshots
  latest_or_fresh,  // the same, or a fresh start where there is none
  checkpoint,       // one in the directory of snapshots, by its id
  path,             // a savepoint, or the newest checkpoint in another directory of snapshots
};

/// What a run starts from.
struct restore_origin {
  restore_form form = restore_form::none;
  std::uint64_t id = 0;  // of `checkpoint`
  std::string path{};    // of `path`

  bool operator==(restore_origin const&) const = default;
};
/// Reads "none", "latest", "latest-or-fresh", a whole number, or anything else as a path. Throws `flow::error` (usage).
restore_origin parse_restore_origin(std::string_view text);

struct restore_options {
  restore_origin origin{};
  std::map<std::string, std::string> renames{};  // operator's name in the snapshot, and in the job
  std::set<std::string> dropped{};               // operators of the snapshot whose state is given up
  std::set<std::string> empty{};                 // operators of the job that start without state, whatever the snapshot has
  /// Start from older than the newest checkpoint, too, though two-phase sinks have published what came after it.
  bool accept_duplicates = false;

  bool operator==(restore_options const&) const = default;
};

}  // namespace flow
