#pragma once
// What can be seen of a job's results: the files that it has published.

#include <cstddef>
#include <string>
#include <vector>

/// In this folder and those below it.
std::size_t files_in(std::string const& folder);
/// All rows of all files, each behind the name of its folder, sorted.
std::vector<std::string> rows_in(std::string const& folder);
/// Prints what is in one and not in the other, at most ten rows of each; whether there was nothing.
bool equal(std::vector<std::string> const& found, std::vector<std::string> const& expected);
