#pragma once
// One subtask's file of a folder of results: `part-<subtask>.<extension>`.
//
// It is written as `.part-<subtask>.<extension>.in-progress` and gets its name when it is published: a reader of the
// folder never sees half a file. Calls after the first of `finish` and `publish` do nothing; `abandon` removes what is not
// published. A folder with part files of an earlier run is refused, unless it may be overwritten: then they are replaced
// or removed when this run publishes.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

namespace flow::file::detail {

struct output_settings {
  std::string folder;
  std::string time_format{};  // strftime's; empty for ISO 8601
  bool overwrite = false;
  /// Writes as write(2) does; a test puts a full device here.
  std::function<ssize_t(int, void const*, std::size_t)> write_bytes{};
};

class part_file {
 public:
  part_file(output_settings settings, std::string extension);
  part_file(part_file const&) = delete;
  part_file& operator=(part_file const&) = delete;
  /// What is neither published nor abandoned stays as the in-progress file, which the next run replaces.
  ~part_file();

  /// Creates the folder and the in-progress file.
  void open(std::uint32_t subtask, std::uint32_t parallelism);
  /// What is to be written next: append whole records to it, then call `appended`.
  std::string& buffer() { return buffer_; }
  void appended() {
    if (buffer_.size() >= full_bytes) flush();
  }
  /// Hands the buffer to the operating system.
  void flush();
  /// Makes everything durable, not yet visible.
  void finish();
  void publish();
  void abandon() noexcept;
  /// Given to the buffer so far.
  std::uint64_t bytes() const { return flushed_bytes_ + buffer_.size(); }

 private:
  enum class stage { unopened, writing, finished, published, abandoned };
  static constexpr std::size_t full_bytes = 256 << 10;

  void lock_in_progress();
  bool is_in_progress_file() const;
  void refuse_earlier_parts() const;
  void remove_surplus_parts() const;
  void sync_folder() const;
  void close_file();

  output_settings settings_;
  std::string extension_;
  std::string name_{}, in_progress_{};
  std::uint32_t subtask_ = 0, parallelism_ = 1;
  stage stage_ = stage::unopened;
  int file_ = -1;
  std::string buffer_{};
  std::uint64_t flushed_bytes_ = 0;
};

}  // namespace flow::file::detail
