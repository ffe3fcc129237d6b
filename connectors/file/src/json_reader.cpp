#include <flow/file/detail/json_reader.hpp>

#include <cmath>

#include <flow/record/time_text.hpp>

#include "json_access.hpp"
#include "text_check.hpp"

namespace flow::file::detail {

bool json_reader::find_next(json_value& found) {
  if (levels_.empty()) {
    found = records_.root();
    return true;
  }
  auto& here = levels_.back();
  if (!here.members.is_object()) {
    if (next_name_) mismatch_of_level("an object");
    here.step = {nullptr, here.step.name ? 0 : here.step.index + 1};
    return here.members.next(found);
  }
  here.step = {next_name_ ? next_name_ : "value", 0};  // as json_writer names what has no name
  next_name_ = nullptr;
  return here.members.find(here.step.name, found);
}

json_value json_reader::next() {
  json_value found;
  if (find_next(found)) return found;
  auto where = path();
  auto const missing = where.back();
  where.pop_back();
  if (missing.name) records_.fail(where, std::string("expected a field '") + missing.name + "', found none of that name in the object");
  records_.fail(where, "expected more than " + std::to_string(missing.index) + " elements in the array, found no more");
}

bool json_reader::has_value() {
  if (levels_.empty()) return kind_of(records_.root()) != json_kind::null;
  level const before = levels_.back();
  char const* const name = next_name_;
  json_value found;
  if (!find_next(found) || kind_of(found) == json_kind::null) return false;
  levels_.back() = before;
  next_name_ = name;
  return true;
}

bool json_reader::is_wrapped_optional() {
  json_value found = records_.root();
  if (!levels_.empty()) {
    level const before = levels_.back();
    char const* const name = next_name_;
    find_next(found);
    levels_.back() = before;
    next_name_ = name;
  }
  if (kind_of(found) != json_kind::object) return false;
  json_value flag;
  return json_members(found, json_kind::object).find("nullopt", flag);
}

void json_reader::enter() {
  json_value const value = next();
  json_kind const kind = kind_of(value);
  if (kind != json_kind::object && kind != json_kind::array) mismatch("an object", value);
  levels_.push_back({json_members(value, kind), value, {"", 0}});
}

void json_reader::leave() {
  auto& here = levels_.back();
  json_value more;
  if (!here.members.is_object() && here.members.next(more)) {
    std::size_t const index = here.step.name ? 0 : here.step.index + 1;
    auto where = path();
    where.back() = {nullptr, index};
    records_.fail(where, "expected " + std::to_string(index) + " elements in the array, found " + std::to_string(elements_of(here.value)));
  }
  levels_.pop_back();
}

std::size_t json_reader::elements() {
  if (levels_.back().members.is_object()) mismatch_of_level("an array");
  return elements_of(levels_.back().value);
}

void json_reader::load(bool& value) {
  json_value const found = next();
  if (kind_of(found) != json_kind::boolean) mismatch("true or false", found);
  value = boolean_of(found);
}

void json_reader::load(std::string& value) {
  json_value const found = next();
  if (kind_of(found) != json_kind::string) mismatch("a string", found);
  value = string_of(found);
}

void json_reader::load(timestamp& value) {
  json_value const found = next();
  auto const& format = records_.time_format();
  json_kind const kind = kind_of(found);
  if (kind == json_kind::integer && format.empty()) {
    value = timestamp{duration{integer_of(found)}};
    return;
  }
  auto const time = kind == json_kind::string ? parse_time(string_of(found), format) : std::nullopt;
  if (!time) mismatch(format.empty() ? "a time like \"2001-01-31T23:59:00Z\"" : "a time in the form " + in_quotes(format), found);
  value = *time;
}

void json_reader::load(double& value) {
  json_value const found = next();
  switch (kind_of(found)) {
    case json_kind::real: value = real_of(found); return;
    case json_kind::integer: value = static_cast<double>(integer_of(found)); return;
    case json_kind::large_integer: value = static_cast<double>(large_integer_of(found)); return;
    default: mismatch("a number", found);
  }
}

std::int64_t json_reader::signed_integer(std::int64_t least, std::int64_t most) {
  json_value const found = next();
  json_kind const kind = kind_of(found);
  if (kind == json_kind::integer) {
    std::int64_t const value = integer_of(found);
    if (value >= least && value <= most) return value;
  }
  bool const number = kind == json_kind::integer || kind == json_kind::large_integer || kind == json_kind::real;
  mismatch(number ? "a whole number from " + std::to_string(least) + " to " + std::to_string(most) : "a number", found);
}

std::uint64_t json_reader::unsigned_integer(std::uint64_t most) {
  json_value const found = next();
  json_kind const kind = kind_of(found);
  if (kind == json_kind::integer && integer_of(found) >= 0) {
    auto const value = static_cast<std::uint64_t>(integer_of(found));
    if (value <= most) return value;
  }
  if (kind == json_kind::large_integer && large_integer_of(found) <= most) return large_integer_of(found);
  bool const number = kind == json_kind::integer || kind == json_kind::large_integer || kind == json_kind::real;
  mismatch(number ? "a whole number from 0 to " + std::to_string(most) : "a number", found);
}

std::vector<json_step> json_reader::path() const {
  std::vector<json_step> steps;
  for (auto const& l : levels_) steps.push_back(l.step);
  return steps;
}

/// " for field 'value.flights[2]'"; nothing for the record itself.
std::string json_reader::field_phrase() const {
  std::string name;
  for (auto const& step : path()) {
    if (!step.name) name += "[" + std::to_string(step.index) + "]";
    else name += (name.empty() ? "" : ".") + std::string(step.name);
  }
  return name.empty() ? "" : " for field '" + name + "'";
}

void json_reader::mismatch_of_level(std::string const& expected) {
  json_value const found = levels_.back().value;
  levels_.pop_back();
  mismatch(expected, found);
}

void json_reader::mismatch(std::string const& expected, json_value found) const {
  records_.fail(path(), "expected " + expected + field_phrase() + ", found " + described(found));
}

}  // namespace flow::file::detail
