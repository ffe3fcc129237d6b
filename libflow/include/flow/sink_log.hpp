#pragma once
// A log for two-phase sinks whose system has no transactions and nothing that could be hidden: what was written waits in the
// checkpoints themselves until it may be sent.
//
//   writer::write     context.log->append(encoded record)
//   writer::prepare   return {encode_value(context.log->close())}
//   committer         context.logged->read(decode_value<logged_part>(committable), send)
//
// The sink says `log_bytes` and `needs_checkpoints`. Elements are held in memory and are part of each checkpoint until the committables
// of their part have been committed. When so many bytes wait, the sink holds records back until a checkpoint has been committed; but
// once one has begun, it takes what is on its way before the barrier, beyond the bound: otherwise the barrier would never come.
// Memory is therefore bounded by twice `log_bytes` and what is in flight.
//
// A committer may die after it has sent a part of what it read, and reads it again then: sending must be idempotent (upserts by key, a
// server that knows numbers it has seen), or give up exactly-once for what was being sent.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include <cereal/cereal.hpp>

namespace flow {

/// What a subtask has logged for one checkpoint; a committable, or a part of one.
struct logged_part {
  std::uint32_t subtask = 0;
  std::uint64_t attempt = 0;
  std::uint64_t number = 0;    // within the attempt
  std::uint64_t elements = 0;

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(subtask), CEREAL_NVP(attempt), CEREAL_NVP(number), CEREAL_NVP(elements)); }
};

/// A writer's side.
class sink_log {
 public:
  virtual ~sink_log() = default;
  /// Appends an element to the part of the coming checkpoint. Copies it; amortised O(1) beside that. Never refuses: the engine
  /// holds the records back.
  virtual void append(std::span<std::byte const> element) = 0;
  /// Ends the part; once in each `prepare` that returns a committable for it.
  virtual logged_part close() = 0;
};

/// A committer's side.
class logged_parts {
 public:
  virtual ~logged_parts() = default;
  /// Calls `use` with each element of a part, in order. Throws `flow::error` (not_found) where the part is not there, or not whole.
  virtual void read(logged_part const& part, std::function<void(std::span<std::byte const>)> const& use) const = 0;
};

}  // namespace flow
