#pragma once
// What a user wants to know of the checkpoints of a run.

#include <chrono>
#include <cstdint>
#include <string>

namespace flow {

struct checkpoint_summary {
  bool on = false;              // whether the run takes checkpoints
  std::uint64_t completed = 0;  // checkpoints and savepoints
  std::uint64_t failed = 0;     // the same
  std::string last_failure{};   // why the last that failed did
  std::uint64_t restored = 0;   // the one that the run, or its last restart, began from; 0: none

  // Of the newest that was completed; a savepoint is not meant. 0 where there is none yet.
  std::uint64_t last = 0;               // its id
  std::chrono::nanoseconds age{0};      // since it was begun: what a failure now would have to be done again
  std::chrono::nanoseconds duration{0};  // from its beginning until it was durable
  std::uint64_t bytes = 0;              // of all state in it
  std::uint64_t written_bytes = 0;      // of these, what was written for it

  bool operator==(checkpoint_summary const&) const = default;
};

}  // namespace flow
