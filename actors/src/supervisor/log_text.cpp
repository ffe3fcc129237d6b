#include "log_text.hpp"

#include <fmt/format.h>

namespace flow::log_text {
namespace {

std::string count(std::uint64_t n, char const* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

}  // namespace

std::string start(plan const& p) {
  std::uint64_t subtasks = 0;
  std::string names;
  for (auto const& t : p.tasks) {
    subtasks += t.parallelism;
    names += fmt::format("{}{} (x {}{})", names.empty() ? "" : ", ", t.name, t.parallelism, t.blocking ? ", own thread" : "");
  }
  return fmt::format("{} in {}: {}", count(p.tasks.size(), "task"), count(subtasks, "subtask"), names);
}

std::string splits(std::vector<split> const& found, std::uint32_t subtasks) {
  auto const size = size_of(found);
  std::string text = fmt::format("{} for {}", count(found.size(), "split"), count(subtasks, "subtask"));
  if (found.empty()) return text;
  if (size.bytes) text += ", " + count(*size.bytes, "byte");
  if (size.records) text += ", " + count(*size.records, "record");
  return text;
}

std::string share(split const& s, std::uint32_t subtask) {
  return fmt::format("split '{}'{} for subtask {}", s.id, s.position.empty() ? "" : " from '" + s.position + "'", subtask);
}

std::string end(job_result::how how, std::chrono::nanoseconds elapsed) {
  auto const word = how == job_result::how::finished    ? "finished"
                    : how == job_result::how::cancelled ? "was cancelled"
                    : how == job_result::how::stopped   ? "has stopped with a savepoint"
                                                        : "failed";
  return fmt::format("{} after {:.3f} s", word, std::chrono::duration<double>(elapsed).count());
}

}  // namespace flow::log_text

namespace flow {

input_size size_of(std::vector<split> const& splits, input_size size) {
  auto const add = [](std::optional<std::uint64_t>& sum, std::optional<std::uint64_t> const& more) {
    if (sum && more) *sum += *more;
    else sum.reset();
  };
  for (auto const& s : splits) {
    add(size.bytes, s.bytes);
    add(size.records, s.records);
  }
  return size;
}

}  // namespace flow
