#pragma once
// A directory that is gone when its process is, or as soon as another process looks.

#include <string>

namespace flow::detail {

class scratch_directory {
 public:
  /// Makes a directory in `parent`, and removes those there that belong to no process any more. Throws `flow::error` where that cannot
  /// be written to.
  explicit scratch_directory(std::string const& parent);
  ~scratch_directory();
  scratch_directory(scratch_directory const&) = delete;
  scratch_directory& operator=(scratch_directory const&) = delete;

  std::string const& path() const { return path_; }

 private:
  std::string path_;
  int lock_ = -1;  // held as long as the directory is in use; the system lets go of it when the process is killed
};

}  // namespace flow::detail
