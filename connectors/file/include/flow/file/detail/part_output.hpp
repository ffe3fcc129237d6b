#pragma once
// Where a subtask's records go that have become text: files of a folder, hidden until they are published.
//
// A writer asks `in_file`, calls `begin_file` where there is none and appends what a file begins with; then it appends whole
// records to `buffer` and calls `appended` after each. When and where files end is the output's business.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <flow/sink.hpp>

namespace flow::file::detail {

/// When a file is rolled: closed, to be published with the next checkpoint. 0: never for this reason.
struct rolling {
  std::uint64_t bytes = std::uint64_t{128} << 20;
  std::chrono::nanoseconds age = std::chrono::minutes(1);
  std::chrono::nanoseconds inactivity = std::chrono::minutes(1);
  bool every_checkpoint = false;
};

struct output_settings {
  std::string folder;
  std::string time_format{};  // strftime's; empty for ISO 8601
  bool overwrite = false;
  rolling roll{};  // counts with checkpoints only
  /// Writes as write(2) does; a test puts a full device here.
  std::function<ssize_t(int, void const*, std::size_t)> write_bytes{};
};

class part_output {
 public:
  virtual ~part_output() = default;
  virtual void open(connector_context const& context) = 0;
  /// What is to be written next: whole records, or what a file begins with.
  std::string& buffer() { return buffer_; }
  bool in_file() const { return in_file_; }
  virtual void begin_file() = 0;
  void appended() {
    if (buffer_.size() >= full_bytes_) [[unlikely]] full();
  }
  /// Records are about to be written: what is old enough is rolled.
  virtual void before_records() {}
  /// Hands the buffer to the operating system.
  virtual void flush() = 0;
  virtual void finish() = 0;
  virtual std::vector<bytes> prepare(checkpoint_id) { return {}; }
  virtual void publish() = 0;
  virtual void abandon() noexcept = 0;
  /// Given to the buffer so far.
  std::uint64_t bytes_given() const { return flushed_bytes_ + buffer_.size(); }

 protected:
  static constexpr std::size_t most_buffered = 256 << 10;
  /// The buffer has come to `full_bytes_`.
  virtual void full() { flush(); }

  std::string buffer_{};
  std::size_t full_bytes_ = most_buffered;
  std::uint64_t flushed_bytes_ = 0;
  bool in_file_ = false;
};

/// One file per subtask, or, where there are checkpoints, as many as `rolling` makes of it.
std::unique_ptr<part_output> make_part_output(output_settings const& settings, std::string const& extension, bool checkpoints);
/// Publishes what the outputs of checkpoints have prepared.
std::unique_ptr<committer> make_part_committer(output_settings const& settings, std::string const& extension);
schema part_committable_schema();

}  // namespace flow::file::detail
