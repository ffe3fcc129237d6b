#pragma once
// The log of a subtask of a sink, as declared state; flow/sink_log.hpp has the contract.
//
// Every checkpoint holds all elements that were not committed when it was prepared. What has been committed is dropped when the
// next is prepared, so that a checkpoint whose committables still name it can be written meanwhile. A log is not restored: what
// is in the checkpoint has been committed by the committer that recovers, before any operator opens.

#include <deque>
#include <string>

#include <flow/sink_log.hpp>
#include <flow/state/operator_state.hpp>

namespace flow {

class snapshot_store;
struct operator_manifest;

struct logged_element {
  std::uint32_t subtask = 0;
  std::uint64_t attempt = 0;
  std::uint64_t part = 0;
  std::string data;

  bool is_of(logged_part const& p) const { return part == p.number && attempt == p.attempt && subtask == p.subtask; }
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(subtask), CEREAL_NVP(attempt), CEREAL_NVP(part), CEREAL_NVP(data)); }
};

class operator_log final : public state_object, public sink_log, public logged_parts {
 public:
  static constexpr char const* state_name = "flow.log";

  explicit operator_log(std::string name, state_memory = {});
  void start(std::uint32_t subtask, std::uint64_t attempt, std::uint64_t most_bytes);

  void append(std::span<std::byte const> element) override;
  logged_part close() override;
  void read(logged_part const& part, std::function<void(std::span<std::byte const>)> const& use) const override;

  /// Whether more records may be written.
  bool ready() const { return waiting_bytes_ < most_bytes_ || barrier_comes_; }
  /// A checkpoint has begun: its barrier is on the way.
  void expect_barrier() { barrier_comes_ = true; }
  /// Before a writer prepares: drops what has been committed.
  void drop_committed();
  /// A writer has prepared so many committables; they stand for what has been closed.
  void prepared(std::size_t committables);
  /// The oldest so many of them have been committed.
  void committed(std::size_t committables);

  std::size_t entries() const override { return elements_.size(); }
  std::size_t memory() const override { return held_bytes_; }
  void begin_snapshot(snapshot_cut const& cut, piece_output& out) override;
  bool write_snapshot(std::size_t& slots) override;
  void load(stored_state const&) override {}

 private:
  struct pending {
    std::size_t committables;
    std::uint64_t parts_below;  // that they stand for
  };
  static std::uint64_t bytes_of(logged_element const& e) { return sizeof e + e.data.size(); }

  std::uint32_t subtask_ = 0;
  std::uint64_t attempt_ = 0, most_bytes_ = 0;
  std::deque<logged_element> elements_;  // by part
  std::size_t committed_elements_ = 0;   // of them, at the front
  std::uint64_t held_bytes_ = 0, waiting_bytes_ = 0;  // of all; of those not committed
  std::uint64_t part_ = 0, in_part_ = 0;  // the open one, and its elements
  std::deque<pending> pending_;
  bool barrier_comes_ = false;

  piece_output* out_ = nullptr;  // while a snapshot is being written
  std::uint32_t place_ = 0;
  std::size_t next_ = 0, end_ = 0;
};

/// The logs in a checkpoint, for the committer that recovers.
class stored_log final : public logged_parts {
 public:
  /// Both outlive this.
  stored_log(snapshot_store const& store, operator_manifest const& of) : store_(store), of_(of) {}
  void read(logged_part const& part, std::function<void(std::span<std::byte const>)> const& use) const override;

 private:
  snapshot_store const& store_;
  operator_manifest const& of_;
};

}  // namespace flow
