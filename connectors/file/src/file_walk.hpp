#pragma once
// Finds the files that a path, a folder or a pattern means, entry by entry.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace flow::file::detail {

struct found_file {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t changed = 0;  // nanoseconds since the epoch
};

/// Walks through the folders of one pattern; see flow::file::paths for what patterns mean.
class file_walk {
 public:
  /// Throws `flow::error` when what is named without a pattern does not exist.
  explicit file_walk(std::string const& given);
  /// Looks at one more entry and appends the file if it is one that is meant. False when there is no other.
  bool step(std::vector<found_file>& found);

 private:
  struct folder {
    std::filesystem::directory_iterator next;
    std::string path;  // with a '/' at its end; empty for the working directory
    std::size_t depth; // of `names_` its entries are to match
  };
  void enter(std::string const& path, std::size_t depth);
  void look_at(std::filesystem::directory_entry const& entry, std::string const& path, std::size_t depth, std::vector<found_file>& found);
  bool hidden(std::string const& name) const;

  std::string file_{};                // the one file that was named
  std::vector<std::string> names_{};  // the pattern below the folder where the walk begins; "**" for any number of folders
  bool skip_underscore_ = false;
  std::vector<folder> folders_{};
};

}  // namespace flow::file::detail
