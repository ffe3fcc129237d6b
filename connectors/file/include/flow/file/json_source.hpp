#pragma once
// JSON files as a source: one array of records, or one record per line; which of the two, the file tells.
//
// Fields are those that T's `serialize` names; other members are ignored. Strings, bool, numbers (range checked), enums as
// numbers, flow::timestamp, nested structs, optionals (missing or null) and containers can be fields. Anything else in the
// file is a flow::error (bad_record) with file, line, column (in bytes), what was expected and what was found. Positions
// are exact; memory is bounded by `.max_record_bytes(n)`, whatever the size of the file. Large files of lines are divided.

#include <string>

#include <flow/file/detail/json_reader.hpp>
#include <flow/file/detail/split_reader.hpp>

namespace flow::file {

template <class T>
class json_source : public detail::source_options<json_source<T>> {
 public:
  using record_type = T;
  explicit json_source(file::paths from) : detail::source_options<json_source>(std::move(from), detail::division::json) {}
  source<T> make() const { return detail::make_source<T, detail::json_stream<T>>(this->settings_, this->listing_, this->policy_); }
};

/// The records of JSON files.
template <class T>
json_source<T> json(paths from) {
  static_assert(cereal::traits::is_input_serializable<T, detail::json_reader>::value,
                "flow::file::json<T>: T needs a serialize member that names its fields with CEREAL_NVP or make_nvp, "
                "and the <cereal/types/...> header of each container in it");
  return json_source<T>(std::move(from));
}

}  // namespace flow::file
