#pragma once
// The names of part files with checkpoints, and what a committable says of one.
//
// `<sink>-<subtask>-<attempt>-<number>.<extension>`, with leading zeros so that names sort by subtask and then by age; of the sink's
// name, what is no letter, digit, '.', '_' or '-' is written as %XX. Until it is published the name is hidden as
// `.<name>.in-progress`. Attempts never repeat, so no two files are ever given one name.

#include <cstdint>
#include <string>
#include <string_view>

#include <flow/record/encoding.hpp>

namespace flow::file::detail {

/// What a writer has prepared: a file with a length up to which its content is valid and durable.
struct pending_part {
  std::string file;          // its name when it is published
  bool closed = false;       // complete; an open one is being appended to and is published by a later checkpoint, or by `recover`
  std::uint64_t bytes = 0;
  std::uint32_t subtask = 0;
  std::uint64_t attempt = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(file), CEREAL_NVP(closed), CEREAL_NVP(bytes), CEREAL_NVP(subtask), CEREAL_NVP(attempt));
  }
};

class part_names {
 public:
  part_names(std::string const& sink, std::string const& extension);
  std::string name(std::uint32_t subtask, std::uint64_t attempt, std::uint64_t number) const;
  static std::string hidden(std::string const& name) { return '.' + name + ".in-progress"; }
  /// Whether it is a name that `name` of this sink gives.
  bool is_name(std::string_view text) const;
  bool is_hidden(std::string_view text) const;

 private:
  std::string prefix_, suffix_;
};

}  // namespace flow::file::detail
