#pragma once
// A record as a row of cells: the Cereal output archive behind CSV and the console's table.
//
// Structs within structs are flattened. `Cells` is told what comes:
//   name(char const*)                 the next cell's or struct's
//   enter(), leave()                  around a struct
//   number(v), text(v, bool optional), time(v), none()   one cell each

#include <cereal/cereal.hpp>
#include <cereal/types/string.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <flow/record/encoding.hpp>
#include <flow/time.hpp>

namespace flow::file::detail {

template <class Cells>
class cell_archive : public cereal::OutputArchive<cell_archive<Cells>, cereal::AllowEmptyClassElision> {
 public:
  explicit cell_archive(Cells& cells_of_row) : cereal::OutputArchive<cell_archive, cereal::AllowEmptyClassElision>(this), cells(cells_of_row) {}
  Cells& cells;
};

/// Types that make one cell.
template <class T, class Archive>
inline constexpr bool one_cell =
    plain_number<T> || std::is_same_v<T, std::string> || std::is_same_v<T, timestamp> ||
    cereal::traits::has_minimal_base_class_serialization<T, cereal::traits::has_minimal_output_serialization, Archive>::value ||
    cereal::traits::has_minimal_output_serialization<T, Archive>::value;

template <class T>
inline constexpr bool passes_through = false;
template <class T>
inline constexpr bool passes_through<cereal::NameValuePair<T>> = true;
template <class T>
inline constexpr bool passes_through<cereal::SizeTag<T>> = true;
template <class T>
inline constexpr bool passes_through<std::optional<T>> = true;

template <class Cells, plain_number T>
void CEREAL_SAVE_FUNCTION_NAME(cell_archive<Cells>& archive, T const& value) {
  archive.cells.number(value);
}
template <class Cells>
void CEREAL_SAVE_FUNCTION_NAME(cell_archive<Cells>& archive, std::string const& value) {
  archive.cells.text(value, false);
}
template <class Cells>
void CEREAL_SAVE_FUNCTION_NAME(cell_archive<Cells>& archive, timestamp const& value) {
  archive.cells.time(value);
}
template <class Cells, class T>
void CEREAL_SAVE_FUNCTION_NAME(cell_archive<Cells>& archive, cereal::NameValuePair<T> const& pair) {
  if (is_class_version(pair)) return;
  archive.cells.name(pair.name);
  archive(pair.value);
}
template <class Cells, class T>
void CEREAL_SAVE_FUNCTION_NAME(cell_archive<Cells>&, cereal::SizeTag<T> const&) {
  static_assert(!std::is_same_v<T, T>, "a row of cells cannot hold a container: emit a record per element, leave it out of serialize, or use flow::file::json_lines");
}
template <class Cells, class T>
void CEREAL_SAVE_FUNCTION_NAME(cell_archive<Cells>& archive, std::optional<T> const& value) {
  static_assert(one_cell<T, cell_archive<Cells>>, "a row of cells can hold an optional number, text or time, but no optional struct");
  if (!value) {
    archive.cells.none();
  } else if constexpr (std::is_same_v<T, std::string>) {
    archive.cells.text(*value, true);
  } else {
    archive(*value);
  }
}

template <class Cells, class T>
void prologue(cell_archive<Cells>& archive, T const&) {
  if constexpr (!one_cell<T, cell_archive<Cells>> && !passes_through<T>) archive.cells.enter();
}
template <class Cells, class T>
void epilogue(cell_archive<Cells>& archive, T const&) {
  if constexpr (!one_cell<T, cell_archive<Cells>> && !passes_through<T>) archive.cells.leave();
}

/// Cells that are only counted and named: `outer.inner`, or the position where there is no name.
class column_names {
 public:
  void name(char const* next) { next_ = next; }
  void enter() {
    bool const outermost = starts_.empty();
    starts_.push_back(prefix_.size());
    if (!outermost) prefix_ += take_name() + '.';
    next_.clear();
  }
  void leave() {
    prefix_.resize(starts_.back());
    starts_.pop_back();
  }
  template <class T>
  void number(T) { none(); }
  void text(std::string const&, bool) { none(); }
  void time(timestamp) { none(); }
  void none() { names.push_back(prefix_ + take_name()); }

  std::vector<std::string> names{};

 private:
  std::string take_name() {
    std::string const taken = next_.empty() ? std::to_string(names.size()) : next_;
    next_.clear();
    return taken;
  }

  std::string next_{}, prefix_{};
  std::vector<std::size_t> starts_{};
};

/// Throws `flow::error` (invalid_job) when two columns have one name, or there is none.
void check_columns(std::vector<std::string> const& names);

/// The columns of T, as its `serialize` names them.
template <class T>
std::vector<std::string> columns_of() {
  column_names columns;
  cell_archive<column_names> archive(columns);
  archive(T{});
  check_columns(columns.names);
  return std::move(columns.names);
}

}  // namespace flow::file::detail
