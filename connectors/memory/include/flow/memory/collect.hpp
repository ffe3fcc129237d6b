#pragma once
// A sink that keeps its records for the program to look at: what a test of a job compares.
//
//     auto found = std::make_shared<flow::memory::collected<int>>();
//     numbers.sink("found", flow::memory::collect(found));
//     ...                                        // run the job
//     found->values();
//
// Only published records are results: those of a job that failed are dropped, as those of a file sink would be.

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <flow/sink.hpp>

namespace flow::memory {

/// What one or more sinks have collected. Any thread may use it at any time.
template <class T>
class collected {
 public:
  /// A copy of the published records: in order within a subtask of the sink, in no order between subtasks.
  std::vector<T> values() const {
    std::lock_guard const lock(mutex_);
    return values_;
  }
  /// How many records were written so far, published or not.
  std::uint64_t seen() const {
    std::lock_guard const lock(mutex_);
    return seen_;
  }

  void count(std::uint64_t records) {
    std::lock_guard const lock(mutex_);
    seen_ += records;
  }
  void append(std::vector<T> records) {
    std::lock_guard const lock(mutex_);
    for (T& record : records) values_.push_back(std::move(record));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<T> values_;
  std::uint64_t seen_ = 0;
};

template <class T>
class collect_writer final : public writer<T> {
 public:
  explicit collect_writer(std::shared_ptr<collected<T>> into) : into_(std::move(into)) {}

  void write(batch<T> const& records) override {
    staged_.insert(staged_.end(), records.begin(), records.end());
    into_->count(records.size());
  }
  void publish() override { into_->append(std::exchange(staged_, {})); }
  void abandon() noexcept override { staged_.clear(); }

 private:
  std::shared_ptr<collected<T>> into_;
  std::vector<T> staged_;  // written, not yet published
};

/// Collects into `into`, which the caller shares.
template <class T>
sink<T> collect(std::shared_ptr<collected<T>> into) {
  return {[into = std::move(into)] { return std::make_unique<collect_writer<T>>(into); }};
}

}  // namespace flow::memory
