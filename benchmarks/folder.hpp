#pragma once
// A directory for the snapshots of a benchmark, gone at its end.

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

namespace bench {

class folder {
 public:
  folder() : path_(std::filesystem::temp_directory_path() / ("bench-snapshots-" + std::to_string(getpid()) + "-" + std::to_string(made_++))) {
    std::filesystem::remove_all(path_);
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  std::string path() const { return path_.string(); }

 private:
  static inline std::atomic<int> made_{0};
  std::filesystem::path path_;
};

}  // namespace bench
