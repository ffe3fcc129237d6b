#pragma once
// A sink that keeps its records for the program to look at: what a test of a job compares.
//
//     auto found = std::make_shared<flow::memory::collected<int>>();
//     numbers.sink("found", flow::memory::collect(found));
//     ...                                        // run the job
//     found->values();
//
// Only published records are results: those of a job that failed are dropped, as those of a file sink would be. With
// checkpoints the sink is a two-phase one: records are results, once each, when their checkpoint has been committed. What was
// prepared lies in `collected` too, so a job that goes on in the same program with the same `collected` loses nothing.

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <flow/sink.hpp>

namespace flow::memory {

/// A committable: which of the prepared records are meant.
struct collected_part {
  std::string sink;
  std::uint32_t subtask = 0;
  std::uint64_t attempt = 0;
  checkpoint_id checkpoint = 0;
  auto operator<=>(collected_part const&) const = default;

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(sink), CEREAL_NVP(subtask), CEREAL_NVP(attempt), CEREAL_NVP(checkpoint)); }
};

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

  /// How many records are prepared and not committed.
  std::uint64_t unpublished() const {
    std::lock_guard const lock(mutex_);
    std::uint64_t n = 0;
    for (auto const& [part, records] : prepared_) n += records.size();
    return n;
  }

  void count(std::uint64_t records) {
    std::lock_guard const lock(mutex_);
    seen_ += records;
  }
  void append(std::vector<T> records) {
    std::lock_guard const lock(mutex_);
    add(std::move(records));
  }

  void prepare(collected_part const& part, std::vector<T> records) {
    std::lock_guard const lock(mutex_);
    prepared_[part] = std::move(records);
  }
  /// Makes prepared records results. Those that are already have left an empty part behind.
  void commit(collected_part const& part) {
    std::lock_guard const lock(mutex_);
    auto const found = prepared_.find(part);
    if (found == prepared_.end())
      throw error(error_code::not_found, "expected the records that subtask " + std::to_string(part.subtask) + " prepared for checkpoint " +
                                             std::to_string(part.checkpoint) + ", found none; records in memory outlive no process");
    add(std::exchange(found->second, {}));
  }
  /// Forgets what a sink has prepared and not committed.
  void drop_prepared(std::string const& sink) {
    std::lock_guard const lock(mutex_);
    std::erase_if(prepared_, [&](auto const& part) { return part.first.sink == sink && !part.second.empty(); });
  }

 private:
  void add(std::vector<T> records) {
    for (T& record : records) values_.push_back(std::move(record));
  }

  mutable std::mutex mutex_;
  std::vector<T> values_;
  std::map<collected_part, std::vector<T>> prepared_;
  std::uint64_t seen_ = 0;
};

template <class T>
class collect_writer final : public writer<T> {
 public:
  explicit collect_writer(std::shared_ptr<collected<T>> into) : into_(std::move(into)) {}

  void open(connector_context const& context) override { part_ = {context.operator_name, context.subtask, context.attempt}; }
  void write(batch<T> const& records) override {
    staged_.insert(staged_.end(), records.begin(), records.end());
    into_->count(records.size());
  }
  std::vector<bytes> prepare(checkpoint_id checkpoint) override {
    if (staged_.empty()) return {};
    part_.checkpoint = checkpoint;
    into_->prepare(part_, std::exchange(staged_, {}));
    return {encode_value(part_)};
  }
  void publish() override { into_->append(std::exchange(staged_, {})); }
  void abandon() noexcept override { staged_.clear(); }

 private:
  std::shared_ptr<collected<T>> into_;
  std::vector<T> staged_;  // written, not yet prepared or published
  collected_part part_;
};

template <class T>
class collect_committer final : public committer {
 public:
  explicit collect_committer(std::shared_ptr<collected<T>> into) : into_(std::move(into)) {}

  void open(connector_context const& context) override { sink_ = context.operator_name; }
  void commit(std::span<bytes const> committables) override {
    for (auto const& c : committables) into_->commit(decode_value<collected_part>(c));
  }
  void recover(std::span<bytes const> committables) override {
    commit(committables);
    into_->drop_prepared(sink_);
  }

 private:
  std::shared_ptr<collected<T>> into_;
  std::string sink_;
};

/// Collects into `into`, which the caller shares.
template <class T>
sink<T> collect(std::shared_ptr<collected<T>> into) {
  return {.make_writer = [into] { return std::make_unique<collect_writer<T>>(into); },
          .make_committer = [into] { return std::make_unique<collect_committer<T>>(into); },
          .committable_schema = schema_of<collected_part>()};
}

}  // namespace flow::memory
