#pragma once
// A file that one process writes from its beginning to its end, and the calls on its folder that make files durable.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace flow::file::detail {

class growing_file {
 public:
  /// Writes as write(2) does.
  using write_function = std::function<ssize_t(int, void const*, std::size_t)>;

  explicit growing_file(write_function write_bytes);
  growing_file(growing_file const&) = delete;
  growing_file& operator=(growing_file const&) = delete;
  ~growing_file() { close(); }

  /// Opens and locks it; `flags` are open(2)'s beside O_WRONLY. The lock goes with the process: a file left by one that died can
  /// be taken, one of a running job cannot: that throws `flow::error` (io).
  void open(std::string path, int flags);
  /// Whether its name still means this file, and not another that was given the name since.
  bool has_its_name() const;
  void truncate(std::uint64_t bytes);
  void append(std::string_view text);
  /// Makes durable what was appended.
  void sync();
  void close() noexcept;
  std::string const& path() const { return path_; }

 private:
  write_function write_bytes_;
  std::string path_{};
  int file_ = -1;
};

/// Makes a folder and those above it, durably.
void create_folder(std::string const& folder);
/// Makes the names in a folder durable.
void sync_folder(std::string const& folder);
/// Of a file; none where there is no such name.
std::optional<std::uint64_t> size_of(std::string const& path);

}  // namespace flow::file::detail
