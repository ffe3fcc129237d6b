#pragma once
// What is to be done about checkpoints, as values: the coordinator decides, the supervisor's actor carries out.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <flow/error.hpp>
#include <flow/snapshot/manifest.hpp>

namespace flow {

/// A savepoint that was asked for.
struct savepoint_request {
  std::uint64_t number = 0;  // by which its answer is known; the asker's
  std::string path;
  bool stop = false;   // the job ends when it has been taken
  bool drain = false;  // as if the input had come to its end: windows fire, results are published; `stop` as well
};

/// Why there is no savepoint.
inline error no_savepoint(std::string const& why) { return {error_code::checkpoint_failed, "no savepoint was taken: " + why}; }

namespace checkpoint_action {

/// Begin it in the store (of a savepoint: a store of its own at `path`) and let the sources' enumerators be written.
struct begin {
  checkpoint_id id = 0;
  snapshot_kind kind = snapshot_kind::checkpoint;
  std::string path;
};
/// Send a barrier to these subtasks: sources, and what has finished. `completed` is the checkpoint on which deltas build; 0: none
/// does, all is written anew. `full`: everything is written anew without becoming what deltas build on. `hold`: the sources
/// give nothing after the barrier until `resume`.
struct inject {
  checkpoint_id id = 0;
  checkpoint_id completed = 0;
  bool full = false;
  bool hold = false;
  std::vector<std::size_t> subtasks;
};
/// Let the barrier overtake what is on its way: in all subtasks.
struct overtake {
  checkpoint_id id = 0;
  checkpoint_id completed = 0;
};
/// Finish it in the store; tell `written` or `write_failed`.
struct write {
  snapshot_manifest manifest;
  std::string path;  // of a savepoint
};
/// Abandon it in the store; nothing of it will be used.
struct abandon {
  checkpoint_id id = 0;
  std::string path;  // of a savepoint
  std::string why;
};
/// Tell these subtasks to commit what they have prepared for this checkpoint and before; each tells `confirmed`.
struct commit {
  checkpoint_id id = 0;
  std::vector<std::size_t> subtasks;
};
/// Answer who asked for a savepoint.
struct answer {
  std::uint64_t number = 0;
  std::string path;
  checkpoint_id id = 0;          // of the savepoint
  std::optional<error> failure;  // why there is none
};
/// Let the sources end as if their input had ended.
struct drain {};
/// Let the sources go on that hold.
struct resume {};
/// The job has failed.
struct fail {
  error why;
};
/// All that is to be committed has been: the job has come to its end, or is to be stopped since its savepoint has been taken.
struct end {
  bool stopped = false;
};

}  // namespace checkpoint_action

using checkpoint_step = std::variant<checkpoint_action::begin, checkpoint_action::inject, checkpoint_action::overtake, checkpoint_action::write, checkpoint_action::abandon, checkpoint_action::commit,
                                     checkpoint_action::answer, checkpoint_action::drain, checkpoint_action::resume, checkpoint_action::fail, checkpoint_action::end>;

}  // namespace flow
