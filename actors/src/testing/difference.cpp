#include <flow/testing/difference.hpp>

#include <iterator>

namespace flow::testing {

std::string difference(std::vector<std::string> expected, std::vector<std::string> found, std::size_t limit) {
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  std::vector<std::string> missing, unexpected;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(unexpected));
  std::string text;
  auto list = [&](std::vector<std::string> const& lines, char const* label) {
    for (std::size_t i = 0; i < std::min(limit, lines.size()); ++i) text += std::string(label) + lines[i] + "\n";
    if (lines.size() > limit) text += std::string(label) + "... and " + std::to_string(lines.size() - limit) + " more\n";
  };
  list(missing, "missing:    ");
  list(unexpected, "unexpected: ");
  return text;
}

}  // namespace flow::testing
