#include "results.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> published(std::string const& folder) {
  std::vector<fs::path> files;
  std::error_code not_yet;
  for (auto const& file : fs::recursive_directory_iterator(folder, not_yet))
    if (file.path().extension() == ".csv") files.push_back(file.path());
  return files;
}

void print_rows(char const* what, std::vector<std::string> const& in, std::vector<std::string> const& not_in) {
  constexpr std::size_t most = 10;
  std::vector<std::string> only;
  std::set_difference(in.begin(), in.end(), not_in.begin(), not_in.end(), std::back_inserter(only));
  for (std::size_t i = 0; i < std::min(only.size(), most); ++i) std::printf("%s %s\n", what, only[i].c_str());
  if (only.size() > most) std::printf("%s %zu more\n", what, only.size() - most);
}

}  // namespace

std::size_t files_in(std::string const& folder) { return published(folder).size(); }

std::vector<std::string> rows_in(std::string const& folder) {
  std::vector<std::string> rows;
  for (auto const& file : published(folder)) {
    std::ifstream in(file);
    std::string row;
    std::getline(in, row);  // the names of the columns
    while (std::getline(in, row)) rows.push_back(file.parent_path().filename().string() + ": " + row);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

bool equal(std::vector<std::string> const& found, std::vector<std::string> const& expected) {
  print_rows("missing:   ", expected, found);
  print_rows("unexpected:", found, expected);
  return found == expected;
}
