#pragma once
// What was on its way between two operators when a barrier overtook it, as part of a checkpoint.
//
// It is stored by input of the operator that was to receive it, in the place of an operator's state: as that of "flow.channels/<name>/<input>",
// which no operator is called. Two states hold it, each an element per batch: "received", what each subtask of the receiver had been sent and not
// processed, and "unsent", what each subtask of the sender had not sent yet. In what went from one subtask to another, all that was
// received comes before what was unsent. The batches are the sender's to send again: doc/snapshot_format.md has their bytes.

#include <string>
#include <string_view>
#include <vector>

#include <flow/batch.hpp>
#include <flow/state/operator_state.hpp>

namespace flow {

/// Under what name a checkpoint has the channels that lead to an input of an operator, and whether a name is such a one.
std::string channels_name(std::string_view receiver, std::uint32_t input);
bool names_channels(std::string_view operator_name);

/// A batch on its way from one subtask to another.
struct logged_batch {
  std::uint32_t sender = 0, receiver = 0;
  batch_ref records;
};

/// One of the two states: written while a checkpoint lasts, or read.
class channel_log final : public state_object {
 public:
  enum class side { received, unsent };
  /// `type`: of the batches; it can encode them.
  channel_log(side s, batch_type const& type);

  /// From now on `add` belongs to this checkpoint; what was added and not finished belonged to one that is given up.
  void begin_snapshot(snapshot_cut const& cut, piece_output& out) override;
  /// Takes a batch, to or from the subtask at the other end. Encodes it at once. O(records).
  void add(std::uint32_t other, batch_base const& records);
  /// That was all.
  void finish();

  void load(stored_state const& from) override;
  /// What was read, in order of each channel.
  std::vector<logged_batch>& batches() { return batches_; }

  std::size_t entries() const override { return entries_; }
  std::size_t memory() const override { return data_.capacity(); }

 private:
  void flush(bool last);

  side const side_;
  batch_type const& type_;
  piece_output* out_ = nullptr;
  std::uint32_t subtask_ = 0;
  bytes data_;
  std::uint64_t entries_ = 0;  // in `data_`
  bool begun_ = false;         // the piece
  std::vector<logged_batch> batches_;
};

}  // namespace flow
