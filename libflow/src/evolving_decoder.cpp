#include <flow/record/evolving_decoder.hpp>

#include <flow/record/schema_change.hpp>

namespace flow {
namespace {

bool is_recursive(schema const& s) {
  if (s.type.starts_with("recursive")) return true;
  for (auto const& field : s.fields)
    if (is_recursive(field.value)) return true;
  return false;
}

bool is_structure(schema const& s) { return s.type.starts_with("struct"); }

/// Says of each part of what is stored whether it is the same today. What leads out of itself may be so only in its text.
void compare(layout::node& what, schema const& stored, schema const& now) {
  what.unchanged = stored == now && !is_recursive(stored);
  if (what.unchanged) return;
  for (std::size_t i = 0; i < stored.fields.size(); ++i) {
    auto const& field = stored.fields[i];
    if (field.value.type.starts_with("recursive")) continue;  // that is looked at already
    for (std::size_t k = 0; k < now.fields.size(); ++k)
      if (is_structure(stored) ? now.fields[k].name == field.name : k == i) compare(*what.fields[i], field.value, now.fields[k].value);
  }
}

}  // namespace

evolving_decoder::evolving_decoder(schema const& stored, schema const& now, std::byte const* data, std::size_t size)
    : InputArchive(this), stored_(stored), at_(data, size) {
  if (auto const why = incompatibility(stored, now)) throw error(error_code::bad_record, "stored values cannot be read: " + *why);
  compare(stored_.root(), stored, now);
}

layout::node const* evolving_decoder::next() {
  if (!next_ && !levels_.empty() && levels_.back().what) {
    auto& in = levels_.back();
    using kind = layout::kind;
    if (in.what->kind == kind::structure) name_field(in, {});
    else if (in.what->kind == kind::list || in.what->kind == kind::array) set_next(&in.what->element());
  }
  auto const* const found = next_.value_or(nullptr);
  next_.reset();
  return found;
}

bool evolving_decoder::name_next(std::string_view name) {
  if (levels_.empty() || !levels_.back().what) return true;
  auto& in = levels_.back();
  using kind = layout::kind;
  if (in.what->kind == kind::structure) return name_field(in, in.by_position ? std::string_view{} : name);
  if (in.what->kind == kind::variant && !in.held) {  // Cereal asks for the number of the alternative, then for its value
    byte_cursor ahead = at_;
    in.held = &alternative(*in.what, ahead);
    set_next(nullptr);
  } else if (in.what->kind == kind::variant) {
    set_next(in.held);
  }
  return true;
}

/// Without a name: by the position.
bool evolving_decoder::name_field(level& in, std::string_view name) {
  std::size_t field = in.fields++;
  bool const found = name.empty() ? find(in, std::to_string(field), field) : find(in, name, field);
  if (!found) return false;
  at_.go_to(places_[in.places + field]);
  set_next(in.what->fields[field]);
  return true;
}

/// Looks at `field` first: fields mostly come in the order in which they are stored.
bool evolving_decoder::find(level const& in, std::string_view name, std::size_t& field) const {
  auto const& names = in.what->names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::size_t const at = (field + i) % names.size();
    if (names[at] != name) continue;
    field = at;
    return true;
  }
  return false;
}

std::uint64_t evolving_decoder::count() {
  next_.reset();
  if (!levels_.empty() && levels_.back().what) return count_of(*levels_.back().what, at_);
  return at_.number<std::uint64_t>();
}

bool evolving_decoder::enter(std::uint32_t compiled_version, bool by_position) {
  level entered{next()};
  entered.version = entered.what ? entered.what->version : compiled_version;
  entered.by_position = by_position;
  entered.places = places_.size();
  if (entered.what && entered.what->kind == layout::kind::structure) {
    auto const begin = at_.position();
    for (auto const* field : entered.what->fields) {
      places_.push_back(at_.position());
      skip(*field, at_);
    }
    entered.end = at_.position();
    at_.go_to(begin);
  }
  levels_.push_back(entered);
  return entered.what != nullptr;
}

void evolving_decoder::leave() {
  auto const& left = levels_.back();
  if (left.what && left.what->kind == layout::kind::structure) at_.go_to(left.end);
  places_.resize(left.places);
  levels_.pop_back();
}

}  // namespace flow
