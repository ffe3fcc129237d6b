#pragma once
// Log entries on their way from the threads that have something to say to the one that prints.

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <flow/log.hpp>
#include <flow/time.hpp>

namespace flow {

/// Holds at most `limit` entries; further ones are counted and left out. Any thread may use it.
class log_queue {
 public:
  static constexpr std::size_t limit = 10'000;

  struct timed_entry {
    timestamp time;
    log_entry entry;
  };
  void push(timestamp now, log_entry e) {
    std::lock_guard const guard(lock_);
    if (entries_.size() < limit) entries_.push_back({now, std::move(e)});
    else ++left_out_;
  }
  /// The oldest entry, which is taken out; nothing when there is none.
  std::optional<timed_entry> next() {
    std::lock_guard const guard(lock_);
    if (entries_.empty()) return {};
    auto first = std::move(entries_.front());
    entries_.pop_front();
    if (entries_.empty() && left_out_ > 0) {
      entries_.push_back({first.time, {log_level::warning, "", std::to_string(left_out_) + " entries are left out here: standard error took them too slowly"}});
      left_out_ = 0;
    }
    return first;
  }
  bool is_empty() {
    std::lock_guard const guard(lock_);
    return entries_.empty();
  }

 private:
  std::mutex lock_;
  std::deque<timed_entry> entries_;
  std::uint64_t left_out_ = 0;
};

/// "2026-01-31T23:59:00.123Z info    departures: 4 splits for 2 subtasks"; `job` stands for entries of the whole job.
std::string log_line(timestamp time, std::string_view level, std::string_view subject, std::string_view text);

}  // namespace flow
