#pragma once
// A source that makes its records: record number i is f(i).
//
//     job.source("ticks", flow::memory::generate<tick>(1'000'000, [](std::uint64_t i) { return tick{i}; }).splits(2))
//
// Never waiting; bounded unless the count is `unbounded`. f is compiled into the poll loop. It must be a function of
// the index alone, since records are made again after a restore; each reader has its own copy of it.
//
// The indices are dealt to the splits in blocks: split s of n makes blocks s, s + n, s + 2n, ... of `block` records, so
// that splits that are read equally fast advance equally fast through event time that follows the index. A position is
// the index of the split's next record: a job restored with another number of splits, or another block, is refused or
// reads other records.
//
// With a rate, record i is due (i + 1) / rate seconds after its split was first polled (after a `seek` to record k:
// (i + 1 - k) / rate), by the clock of the `connector_context`. A source that fell behind, because it was paused or not
// polled, catches up at full speed. At a low rate `block` should be small: the splits of a block take turns.

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <flow/memory/rate.hpp>
#include <flow/memory/split_rotation.hpp>
#include <flow/source.hpp>

namespace flow::memory {

/// As the count of `generate`: the source never ends.
inline constexpr std::uint64_t unbounded = std::numeric_limits<std::uint64_t>::max();

struct generate_options {
  std::uint64_t count = 0;
  std::uint32_t splits = 1;
  std::uint32_t block = 256;  // records
  memory::rate rate;

  /// How many records a split makes; nothing when it never ends.
  std::optional<std::uint64_t> records_of(std::uint32_t part) const {
    if (count == unbounded) return {};
    std::uint64_t const round = std::uint64_t{block} * splits, before = std::uint64_t{part} * block, rest = count % round;
    return count / round * block + std::min<std::uint64_t>(block, rest - std::min(rest, before));
  }
};

template <class T, class F>
class generate_reader final : public reader<T> {
 public:
  generate_reader(generate_options options, F f) : options_(options), f_(std::move(f)) {}

  void open(connector_context const& context) override {
    clock_ = context.clock;
    if (options_.rate.limited() && !clock_)
      throw error(error_code::internal, "flow::memory::generate with a rate needs the clock of its connector_context");
  }

  void assign(std::uint32_t number, split const& assigned) override {
    std::uint32_t const part = parse_split(assigned, options_.splits);
    splits_.add(number, {part, std::uint64_t{part} * options_.block});
    if (!assigned.position.empty()) seek(number, assigned.position);
  }

  poll_result poll(batch<T>& into) override {
    poll_result result;
    auto const now = options_.rate.limited() ? clock_->now() : std::chrono::nanoseconds{0};
    splits_.read_one([&](std::uint32_t number, cursor& at) {
      std::uint64_t const limit = due(at, now);
      if (at.next < options_.count && limit <= at.next) {
        auto const wait = *at.started + options_.rate.time_of(at.next + 1 - at.origin) - now;
        result.retry_after = std::min(result.retry_after.value_or(wait), wait);
        return false;
      }
      read(at, into, limit);
      result = {at.next < options_.count ? poll_status::records : poll_status::split_end, number};
      return true;
    });
    if (result.status == poll_status::split_end) splits_.end(result.split);
    return result;
  }

  std::string position(std::uint32_t number) const override { return std::to_string(splits_.at(number).next); }

  void seek(std::uint32_t number, std::string const& position) override {
    cursor& at = splits_.at(number);
    std::string const what = "the index of a record of split " + std::to_string(at.part) + " of " +
                             std::to_string(options_.splits) + " (blocks of " + std::to_string(options_.block) + ")";
    std::uint64_t const next = parse_index(position, what);
    if (next / options_.block % options_.splits != at.part)
      throw error(error_code::bad_record, "expected " + what + ", found '" + position + "'");
    at = {at.part, next, next};
    splits_.end(number, false);
  }

  void pause(std::uint32_t number, bool paused) override { splits_.pause(number, paused); }

 private:
  struct cursor {
    std::uint32_t part;        // which split it is
    std::uint64_t next;        // lies in a block of this split
    std::uint64_t origin = 0;  // the index that counts as the first for the rate
    std::optional<std::chrono::nanoseconds> started{};
  };

  /// The records below this index may be made now; starts the split's time when it has not started.
  std::uint64_t due(cursor& at, std::chrono::nanoseconds now) const {
    if (!options_.rate.limited()) return options_.count;
    if (!at.started) at.started = now;
    return std::min(options_.count, at.origin + options_.rate.due_after(now - *at.started));
  }

  void read(cursor& at, batch<T>& into, std::uint64_t limit) {
    while (into.room() > 0 && at.next < limit) {
      std::uint64_t const left_of_block = options_.block - at.next % options_.block;
      auto const count = std::min<std::uint64_t>({into.room(), left_of_block, limit - at.next});
      make(into, at.next, static_cast<std::uint32_t>(count));
      at.next += count;
      if (count == left_of_block) at.next += std::uint64_t{options_.splits - 1} * options_.block;
    }
  }

  void make(batch<T>& into, std::uint64_t first, std::uint32_t count) {
    if constexpr (std::is_trivially_copyable_v<T> && std::is_trivially_copyable_v<F>) {
      F const f = f_;  // of its own: the compiler need not fear that a record overwrites it
      T* const records = into.data() + into.size();
      for (std::uint32_t i = 0; i < count; ++i) ::new (static_cast<void*>(records + i)) T(f(first + i));
      into.set_size(into.size() + count);
    } else {
      for (std::uint32_t i = 0; i < count; ++i) into.emplace_back(std::as_const(f_)(first + i));
    }
  }

  generate_options options_;
  F f_;
  flow::clock const* clock_ = nullptr;
  split_rotation<cursor> splits_;
};

/// What `generate` gives: a source, and a value whose options make changed copies. All throw `flow::error` (usage).
template <class T, class F>
class generator {
 public:
  using record_type = T;
  generator(std::uint64_t count, F f) : f_(std::move(f)) { options_.count = count; }

  /// How many splits there are, at least one: what is read in parallel.
  generator splits(std::uint32_t n) const { return changed(n, &generate_options::splits, "splits"); }
  /// How many consecutive records a split makes before it leaves the next ones to the others, at least one.
  generator block(std::uint32_t records) const { return changed(records, &generate_options::block, "block"); }
  /// Records per second, from all splits together; from 1 to 10^10.
  generator per_second(std::uint64_t records) const {
    if (records > rate::highest)
      throw error(error_code::usage,
                  "flow::memory::generate: per_second is at most 10^10, found " + std::to_string(records));
    return changed(records, &generate_options::rate, "per_second");
  }

  source<T> make() const {
    return {[options = options_] {
              return std::make_unique<counted_splits>(options.splits, [options](std::uint32_t part) { return options.records_of(part); });
            },
            [options = options_, f = f_] { return std::make_unique<generate_reader<T, F>>(options, f); }};
  }

 private:
  template <class V, class M>
  generator changed(V value, M generate_options::*option, char const* name) const {
    if (value == 0) throw error(error_code::usage, std::string("flow::memory::generate: ") + name + " is at least 1");
    generator copy = *this;
    copy.options_.*option = M(value);
    return copy;
  }

  generate_options options_;
  F f_;
};

/// `count` records, f(0), f(1), ...; without an end when the count is `unbounded`.
template <class T, class F>
generator<T, F> generate(std::uint64_t count, F f) {
  static_assert(std::is_invocable_r_v<T, F const&, std::uint64_t>,
                "flow::memory::generate<T>(count, f): expected a const callable T f(std::uint64_t index)");
  return {count, std::move(f)};
}

}  // namespace flow::memory
