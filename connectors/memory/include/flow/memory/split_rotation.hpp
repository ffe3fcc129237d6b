#pragma once
// What the readers here share: their splits, and positions that are the index of a record.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <flow/error.hpp>
#include <flow/source.hpp>

namespace flow::memory {

/// The splits of one reader, found by the engine's numbers and read in turn. A paused or ended split has no turn.
template <class Cursor>
class split_rotation {
 public:
  void add(std::uint32_t number, Cursor cursor) { entries_.push_back({number, std::move(cursor)}); }

  Cursor& at(std::uint32_t number) { return find(number).cursor; }
  Cursor const& at(std::uint32_t number) const { return const_cast<split_rotation&>(*this).find(number).cursor; }
  void pause(std::uint32_t number, bool paused) { find(number).paused = paused; }
  void end(std::uint32_t number, bool ended = true) { find(number).ended = ended; }

  /// Offers each split that has a turn, once, to `read(number, cursor)` until that gives true. The next call starts
  /// behind the split that was read. False when none was.
  template <class F>
  bool read_one(F read) {
    for (std::size_t tried = 0; tried < entries_.size(); ++tried) {
      turn_ = (turn_ + 1) % entries_.size();
      entry& candidate = entries_[turn_];
      if (!candidate.paused && !candidate.ended && read(candidate.number, candidate.cursor)) return true;
    }
    return false;
  }

 private:
  struct entry {
    std::uint32_t number;
    Cursor cursor;
    bool paused = false;
    bool ended = false;
  };

  entry& find(std::uint32_t number) {
    for (entry& known : entries_)
      if (known.number == number) return known;
    throw error(error_code::internal, "split number " + std::to_string(number) + " was never assigned to this reader");
  }

  std::vector<entry> entries_;
  std::size_t turn_ = SIZE_MAX;  // the split read last; SIZE_MAX + 1 wraps to the first
};

/// Reads a number that is all of `text`; `what` says what it should have been. Throws `flow::error` (bad_record).
inline std::uint64_t parse_index(std::string const& text, std::string const& what) {
  std::uint64_t value = 0;
  auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size())
    throw error(error_code::bad_record, "expected " + what + ", found '" + text + "'");
  return value;
}

/// Which of `splits` splits this is: its id is its number from 0. Throws `flow::error` (bad_record) when it is none.
inline std::uint32_t parse_split(split const& assigned, std::uint32_t splits) {
  std::string const what = "a split from 0 to " + std::to_string(splits - 1);
  std::uint64_t const number = parse_index(assigned.id, what);
  if (number >= splits) throw error(error_code::bad_record, "expected " + what + ", found '" + assigned.id + "'");
  return static_cast<std::uint32_t>(number);
}

/// Finds a fixed number of splits, named "0", "1", ..., with the records in all of them; none says that there is no end.
class counted_splits final : public split_enumerator {
 public:
  counted_splits(std::uint32_t count, std::function<std::optional<std::uint64_t>(std::uint32_t)> records_of)
      : count_(count), records_of_(std::move(records_of)) {}
  std::vector<split> discover() override {
    std::vector<split> found;
    if (std::exchange(found_, true)) return found;
    for (std::uint32_t i = 0; i < count_; ++i) found.push_back({std::to_string(i), {}, {}, records_of_(i)});
    return found;
  }
  std::string position() const override { return found_ ? "found" : ""; }
  void restore(std::string const& position) override { found_ = position == "found"; }

 private:
  std::uint32_t count_;
  std::function<std::optional<std::uint64_t>(std::uint32_t)> records_of_;
  bool found_ = false;
};

}  // namespace flow::memory
