#include "savepoint_name.hpp"

#include <cctype>
#include <filesystem>

#include <fmt/format.h>

#include <flow/record/time_text.hpp>

namespace flow {
namespace {

/// What no shell and no file system takes amiss.
std::string plain(std::string const& text) {
  std::string name;
  for (unsigned char const c : text) name += std::isalnum(c) || c == '_' || (c == '.' && !name.empty()) ? static_cast<char>(c) : '-';
  return name;
}

}  // namespace

std::string new_savepoint(std::string const& directory, std::string const& job, timestamp now) {
  std::string time;
  append_time(time, std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  auto const path = (std::filesystem::path(directory) / (plain(job) + "-" + time)).string();
  std::error_code ignored;
  for (int n = 1;; ++n) {
    auto const candidate = n == 1 ? path : fmt::format("{}-{}", path, n);
    if (!std::filesystem::exists(candidate, ignored)) return candidate;
  }
}

}  // namespace flow
