#include <flow/file/detail/csv_reader.hpp>

#include <charconv>

#include <flow/error.hpp>
#include <flow/record/time_text.hpp>

#include "text_check.hpp"

namespace flow::file::detail {

void check_columns(std::vector<std::string> const& names) {
  if (names.empty()) throw error(error_code::invalid_job, "expected a record with at least one named field, found none in its serialize");
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (names[i] == names[j])
        throw error(error_code::invalid_job, "expected columns of different names, found two named '" + names[i] + "'; rename one with cereal::make_nvp");
}

bool csv_reader::has_value() {
  auto const cell = rows_.cell(column_);
  if (!cell.text.empty() || cell.quoted) return true;
  ++column_;
  return false;
}

/// Reads all of the next cell; its column stays the next when that fails.
template <class T>
bool csv_reader::parse(T& value) {
  auto const text = rows_.cell(column_).text;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return false;
  ++column_;
  return true;
}

void csv_reader::load(bool& value) {
  auto const text = rows_.cell(column_).text;
  value = text == "true" || text == "1";
  if (!value && text != "false" && text != "0") rows_.mismatch(column_, "true or false");
  ++column_;
}

void csv_reader::load(double& value) {
  if (!parse(value)) rows_.mismatch(column_, "a number");
}

void csv_reader::load(float& value) {
  if (!parse(value)) rows_.mismatch(column_, "a number of single precision");
}

void csv_reader::load(std::string& value) { value = rows_.cell(column_++).text; }

void csv_reader::load(timestamp& value) {
  auto const& format = rows_.time_format();
  auto const time = parse_time(rows_.cell(column_).text, format);
  if (!time) rows_.mismatch(column_, format.empty() ? "a time like 2001-01-31T23:59:00Z" : "a time in the form " + in_quotes(format));
  value = *time;
  ++column_;
}

std::int64_t csv_reader::signed_integer(std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  std::size_t const column = column_;
  if (!parse(value) || value < least || value > most)
    rows_.mismatch(column, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return value;
}

std::uint64_t csv_reader::unsigned_integer(std::uint64_t most) {
  std::uint64_t value = 0;
  std::size_t const column = column_;
  if (!parse(value) || value > most) rows_.mismatch(column, "a whole number from 0 to " + std::to_string(most));
  return value;
}

}  // namespace flow::file::detail
