#pragma once
// A source that delivers the records of a vector.
//
//     job.source("numbers", flow::memory::values(std::vector{1, 2, 3}))
//
// Bounded and never waiting. The vector is divided into `splits` contiguous parts of nearly equal size; a reader reads
// its splits in turn, up to a batch of one per poll. A position is the index of the next record in the vector. The
// records are shared by all readers and copied out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <flow/memory/split_rotation.hpp>
#include <flow/source.hpp>

namespace flow::memory {

/// Where a part of `size` records begins, and the one before it ends.
inline std::size_t part_border(std::size_t size, std::uint32_t part, std::uint32_t parts) {
  return part * (size / parts) + std::min<std::size_t>(part, size % parts);
}

template <class T>
class values_reader final : public reader<T> {
 public:
  values_reader(std::shared_ptr<std::vector<T> const> records, std::uint32_t splits)
      : records_(std::move(records)), split_count_(splits) {}

  void assign(std::uint32_t number, split const& assigned) override {
    std::uint32_t const part = parse_split(assigned, split_count_);
    std::size_t const first = border(part);
    splits_.add(number, {first, border(part + 1), first});
    if (!assigned.position.empty()) seek(number, assigned.position);
  }

  poll_result poll(batch<T>& into) override {
    poll_result result;
    splits_.read_one([&](std::uint32_t number, cursor& at) {
      auto const count = std::min<std::size_t>(into.room(), at.end - at.next);
      for (std::size_t i = 0; i < count; ++i) into.emplace_back((*records_)[at.next++]);
      result = {at.next == at.end ? poll_status::split_end : poll_status::records, number};
      return true;
    });
    if (result.status == poll_status::split_end) splits_.end(result.split);
    return result;
  }

  std::string position(std::uint32_t number) const override { return std::to_string(splits_.at(number).next); }

  void seek(std::uint32_t number, std::string const& position) override {
    cursor& at = splits_.at(number);
    std::string const what = "the index of a record from " + std::to_string(at.first) + " to " + std::to_string(at.end);
    std::uint64_t const next = parse_index(position, what);
    if (next < at.first || next > at.end)
      throw error(error_code::bad_record, "expected " + what + ", found '" + position + "'");
    at.next = next;
    splits_.end(number, false);
  }

  void pause(std::uint32_t number, bool paused) override { splits_.pause(number, paused); }

 private:
  struct cursor {
    std::size_t first, end;
    std::size_t next;  // first <= next <= end
  };

  std::size_t border(std::uint32_t part) const { return part_border(records_->size(), part, split_count_); }

  std::shared_ptr<std::vector<T> const> records_;
  std::uint32_t split_count_;
  split_rotation<cursor> splits_;
};

/// The records, in `splits` splits with the ids "0", "1", ... Throws `flow::error` (usage) for 0 splits.
template <class T>
source<T> values(std::vector<T> records, std::uint32_t splits = 1) {
  if (splits == 0) throw error(error_code::usage, "flow::memory::values: expected at least one split, found 0");
  auto shared = std::make_shared<std::vector<T> const>(std::move(records));
  auto const records_of = [size = shared->size(), splits](std::uint32_t part) {
    return std::optional<std::uint64_t>(part_border(size, part + 1, splits) - part_border(size, part, splits));
  };
  return {[splits, records_of] { return std::make_unique<counted_splits>(splits, records_of); },
          [shared, splits] { return std::make_unique<values_reader<T>>(shared, splits); }};
}

}  // namespace flow::memory
