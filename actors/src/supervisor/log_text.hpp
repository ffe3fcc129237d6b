#pragma once
// The words of the log: what the supervisor says of a plan, of splits and of an end.

#include <string>
#include <vector>

#include <flow/graph/plan.hpp>
#include <flow/run.hpp>

namespace flow::log_text {

/// "3 tasks in 6 subtasks: departures -> key_by-1 (x 2), ..."
std::string start(plan const& p);
/// "4 splits for 2 subtasks, 123456 bytes"
std::string splits(std::vector<split> const& found, std::uint32_t subtasks);
/// "split 'a.json' for subtask 1"
std::string share(split const& s, std::uint32_t subtask);
/// "finished after 1.234 s"
std::string end(job_result::how how, std::chrono::nanoseconds elapsed);

}  // namespace flow::log_text

namespace flow {

/// How much there is in all splits together, and in others before: in bytes or in records where all say it, else neither.
input_size size_of(std::vector<split> const& splits, input_size before = {0, 0});

}  // namespace flow
