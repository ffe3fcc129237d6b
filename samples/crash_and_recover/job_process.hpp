#pragma once
// A run of the job in a process of its own.

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "crash_and_recover.hpp"

struct unmap_notes {
  void operator()(run_notes* notes) const;
};
using shared_notes = std::unique_ptr<run_notes, unmap_notes>;
/// What is written there is seen by every process that maps the file, and stays when one is killed.
shared_notes map_notes(std::string const& file);

class job_process {
 public:
  /// Starts this program again with other words on its command line, `o` and more.
  job_process(options const& o, std::vector<std::string> more);

  /// Waits for its end, and sees when the first results come that were not there when it began to read.
  void watch();

  run_notes const& notes() const { return *notes_; }
  std::uint64_t reached() const { return notes_->before + notes_->read; }
  bool killed() const;
  bool finished() const;
  /// How it ended, where it was neither.
  std::string end_in_words() const;
  std::optional<std::chrono::milliseconds> first_result() const { return first_result_; }

 private:
  std::string out_;
  shared_notes notes_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  pid_t process_ = 0;
  int status_ = 0;
  std::optional<std::chrono::milliseconds> first_result_;
};
