#include <flow/snapshot/channel_log.hpp>

#include <algorithm>
#include <cstring>

namespace flow {
namespace {

constexpr std::string_view prefix = "flow.channels/";
constexpr std::size_t chunk_bytes = 64 << 10;

schema list_of(schema element) {
  schema s;
  s.type = "list";
  s.fields.push_back({"element", std::move(element)});
  return s;
}

/// An element: the subtask at the other end, and a batch as `batch_type::encode` has it.
schema element_schema(batch_type const& type) {
  schema s;
  s.type = "struct";
  s.fields.push_back({"other_subtask", schema_of<std::uint32_t>()});
  s.fields.push_back({"records", list_of(type.describe())});
  s.fields.push_back({"times", list_of(schema_of<timestamp>())});
  s.fields.push_back({"hashes", list_of(schema_of<std::uint64_t>())});
  return s;
}

/// How many records come next. No batch is larger than the largest `batch-size` and what is dealt at a time: what claims to be is
/// found when it is read.
std::uint32_t records_ahead(decoder const& in) {
  constexpr std::uint64_t most = (1 << 20) + 256;
  std::uint64_t count = 0;
  if (in.left() >= sizeof count) std::memcpy(&count, in.next(), sizeof count);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(count, 1, most));
}

}  // namespace

std::string channels_name(std::string_view receiver, std::uint32_t input) {
  return std::string(prefix) + std::string(receiver) + "/" + std::to_string(input);
}
bool names_channels(std::string_view operator_name) { return operator_name.starts_with(prefix); }

channel_log::channel_log(side s, batch_type const& type)
    : state_object(s == side::received ? "received" : "unsent", state_kind::union_list, {}, element_schema(type)), side_(s), type_(type) {}

void channel_log::begin_snapshot(snapshot_cut const& cut, piece_output& out) {
  out_ = &out;
  subtask_ = cut.subtask;
  data_.clear();
  entries_ = 0;
  begun_ = false;
}

void channel_log::add(std::uint32_t other, batch_base const& records) {
  encoder archive(data_);
  archive(other);
  type_.encode(records, data_);
  ++entries_;
  if (data_.size() >= chunk_bytes) flush(false);
}

void channel_log::finish() {
  if (begun_ || entries_ > 0) flush(true);
  begun_ = false;
}

void channel_log::flush(bool last) {
  out_->put(*this, subtask_, piece_form::base, std::exchange(data_, {}), std::exchange(entries_, 0), last);
  begun_ = true;
}

void channel_log::load(stored_state const& from) {
  from.for_each_part([&](state_part const& part) {
    from.for_each_entry(part, [&](decoder& archive, piece_form) {
      std::uint32_t other = 0;
      archive(other);
      auto batch = type_.create(records_ahead(archive));
      type_.decode(*batch, archive);
      if (side_ == side::received) batches_.push_back({other, part.part, std::move(batch)});
      else batches_.push_back({part.part, other, std::move(batch)});
    });
  });
}

}  // namespace flow
