#pragma once
// Readable differences between what was expected and what came.

#include <algorithm>
#include <string>
#include <vector>

#include <flow/record/json_text.hpp>

namespace flow::testing {

/// Each record as text, sorted: to compare results whose order does not matter.
template <class T>
std::vector<std::string> sorted_texts(std::vector<T> const& records) {
  std::vector<std::string> texts;
  for (auto const& r : records) texts.push_back(to_json(r));
  std::sort(texts.begin(), texts.end());
  return texts;
}

/// Lines that are in one multiset and not in the other, at most `limit` of each: "missing: ..." and "unexpected: ...".
/// Empty when they are equal.
std::string difference(std::vector<std::string> expected, std::vector<std::string> found, std::size_t limit = 10);

template <class T>
std::string difference(std::vector<T> const& expected, std::vector<T> const& found) {
  return difference(sorted_texts(expected), sorted_texts(found));
}

}  // namespace flow::testing
