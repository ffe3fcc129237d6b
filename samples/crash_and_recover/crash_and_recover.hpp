#pragma once
// The parts of this sample: a job that may kill itself, and the one who starts it again.

#include <atomic>
#include <cstdint>
#include <string>

#include <flow/arguments.hpp>
#include <flow/flow.hpp>

struct options {
  std::string input, out;
  std::int64_t rate = 0;         // records a second; 0: as fast as they come
  std::int64_t crash_after = 0;  // so many records, and the process kills itself; 0: never
  std::string notes;             // a file of the size of `run_notes`; empty: none are taken

  // Of the show:
  std::int64_t crashes = 0;  // at most so many
  std::int64_t within = 0;   // each after at most so many records
  std::int64_t seed = 0;

  static options of(flow::arguments& arguments);  // main.cpp
};

/// What a run has come to. Lies in a file that is mapped into memory, and so outlives the process.
struct run_notes {
  std::atomic<std::uint64_t> before{0};  // records that the checkpoint knows of, from which the run went on
  std::atomic<std::uint64_t> read{0};    // records since then
};

/// Late flights, airport by airport: a row for each day, and one whenever a delay is worse than all before. (job.cpp)
void describe(flow::job& job, options const& o, run_notes& notes);

/// Runs the job until it has come to its end, however often it is killed, and once undisturbed; the exit status says whether both
/// have published the same. (show.cpp)
int show(options const& o, flow::settings const& s, int argc, char** argv);
