#pragma once
// What `flow-snapshot` does, one function for each command. All read without changing anything, `remove_checkpoints` excepted.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace flow::tools {

/// Where the answers go: standard output. Throws `flow::error` where it does not take them.
struct answer {
  std::function<void(std::string_view)> print;
  std::size_t width = 0;  // of the terminal; 0 where it is none: nothing is cut
  bool json = false;      // lines of JSON in place of text
};

// Checkpoints are named by their ids, or as "latest". All throw `flow::error`: usage, not_found, bad_record, io.
void list(std::string const& directory, answer const& to);
/// Reads all of one checkpoint, or of each; whether all are whole.
bool verify_checkpoints(std::string const& directory, std::string const& checkpoint, answer const& to);
void show(std::string const& directory, std::string const& checkpoint, answer const& to);
void print_state(std::string const& directory, std::string const& checkpoint, std::string const& operator_name, std::string const& state_name, answer const& to);
/// Throws before any is removed where one of them is not there, and where a job has the directory open.
void remove_checkpoints(std::string const& directory, std::vector<std::string> const& checkpoints, answer const& to);

}  // namespace flow::tools
