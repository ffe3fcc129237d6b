#pragma once
// The manifest of a checkpoint: everything that belongs to it, by name. Values only; doc/snapshot_format.md has its bytes.
//
// A checkpoint is its manifest and the pieces that the manifest names. It exists once its manifest is durable.

#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <flow/record/schema.hpp>
#include <flow/state/state_kind.hpp>
#include <flow/time.hpp>

namespace flow {

enum class snapshot_kind : std::uint8_t {
  checkpoint,
  savepoint,  // belongs to the user: retention neither counts nor removes it
  last,       // the checkpoint at the end of bounded input
};
std::string_view name_of(snapshot_kind kind);

/// What a manifest knows of a piece; a `piece_writer` gives it, reading compares it with what is found.
struct piece_info {
  checkpoint_id checkpoint = 0;  // for which it was written: this one or an earlier one
  piece_form form = piece_form::base;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;     // of the entries' encodings
  std::uint64_t checksum = 0;  // over the checksums of its chunks
  bool operator==(piece_info const&) const = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(checkpoint), CEREAL_NVP(form), CEREAL_NVP(entries), CEREAL_NVP(bytes), CEREAL_NVP(checksum));
  }
};

/// A key group's or a subtask's part of a state.
struct state_part {
  std::uint32_t part = 0;          // number of the key group or subtask
  std::vector<piece_info> pieces;  // a base, then deltas on it, oldest first
  bool operator==(state_part const&) const = default;

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(part), CEREAL_NVP(pieces)); }
};

struct state_manifest {
  std::string name;
  state_kind kind = state_kind::value;
  schema key, value;
  std::vector<state_part> parts;  // those that have entries, by number
  bool operator==(state_manifest const&) const = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(name), CEREAL_NVP(kind), CEREAL_NVP(key), CEREAL_NVP(value), CEREAL_NVP(parts));
  }
};

/// What a subtask of a two-phase sink has prepared and will commit once the manifest is durable.
struct committable {
  std::uint32_t subtask = 0;
  bytes data;
  bool operator==(committable const&) const = default;

  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(subtask), CEREAL_NVP(data)); }
};

struct operator_manifest {
  std::string name;
  std::uint32_t parallelism = 1;
  std::vector<state_manifest> states;
  schema committable_schema;  // without a type where there are no committables
  std::vector<committable> committables;
  std::vector<std::uint32_t> finished;  // subtasks that had ended before, by number
  bool operator==(operator_manifest const&) const = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(name), CEREAL_NVP(parallelism), CEREAL_NVP(states), CEREAL_NVP(committable_schema),
            CEREAL_NVP(committables), CEREAL_NVP(finished));
  }
};

struct snapshot_manifest {
  checkpoint_id id = 0;
  snapshot_kind kind = snapshot_kind::checkpoint;
  timestamp time;  // when it was begun
  std::string job;
  std::uint64_t fingerprint = 0;  // of the graph
  std::uint32_t max_parallelism = 128;
  std::uint64_t attempt = 0;  // which start of the job it is of; rises with each
  std::vector<operator_manifest> operators;
  bool operator==(snapshot_manifest const&) const = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(id), CEREAL_NVP(kind), CEREAL_NVP(time), CEREAL_NVP(job), CEREAL_NVP(fingerprint),
            CEREAL_NVP(max_parallelism), CEREAL_NVP(attempt), CEREAL_NVP(operators));
  }
};

/// A schema is its type and its fields, each a name and a schema.
template <class Archive>
void serialize(Archive& archive, schema_field& field) {
  archive(cereal::make_nvp("name", field.name), cereal::make_nvp("value", field.value));
}
template <class Archive>
void serialize(Archive& archive, schema& s) {
  archive(cereal::make_nvp("type", s.type), cereal::make_nvp("fields", s.fields));
}

}  // namespace flow
