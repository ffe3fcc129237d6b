#include <flow/record/schema_change.hpp>

#include <algorithm>
#include <set>
#include <string_view>

namespace flow {
namespace {

/// "i32": 'i' and 32; bits are 0 for what is no number.
struct number_type {
  char kind;
  int bits;
};
number_type number_type_of(std::string const& type) {
  for (char const kind : {'i', 'u', 'f'})
    for (int const bits : {8, 16, 32, 64})
      if (type == kind + std::to_string(bits)) return {kind, bits};
  return {' ', 0};
}

bool holds_all(number_type now, number_type stored) {
  if (stored.bits == 0 || now.bits == 0) return false;
  if (now.kind == stored.kind) return now.bits >= stored.bits;
  if (now.kind == 'f') return now.bits == 64 && stored.bits <= 32;  // f64 has 53 bits for the number
  return now.kind == 'i' && stored.kind == 'u' && now.bits > stored.bits;
}

std::string_view name_of_type(schema const& s) { return std::string_view(s.type).substr(0, s.type.find(':')); }
std::uint64_t version_of(schema const& s) { return s.type == "struct" ? 0 : std::stoull(s.type.substr(s.type.find(':') + 1)); }

schema const* find(schema const& s, std::string const& name) {
  for (auto const& field : s.fields)
    if (field.name == name) return &field.value;
  return nullptr;
}

bool contains(schema const& s, std::string_view type) {
  return name_of_type(s) == type || std::any_of(s.fields.begin(), s.fields.end(), [type](auto const& f) { return contains(f.value, type); });
}

std::string field(std::string const& path) { return path.empty() ? "the value" : "field '" + path + "'"; }

/// What a field is, without what is in it.
std::string short_text(schema const& s) { return name_of_type(s) == "struct" ? "struct" : to_string(s); }

using reason = std::optional<std::string>;

reason difference(schema const& stored, schema const& now, std::string const& path);

reason another_type(schema const& stored, schema const& now, std::string const& path) {
  auto const a = number_type_of(stored.type), b = number_type_of(now.type);
  std::string const what = field(path) + " is stored as " + short_text(stored) + ", the program has " + short_text(now);
  if (a.bits > 0 && b.bits > 0) return what + ", which does not hold all its values; give it a type that does, or give the new field another name";
  return what + "; give the new field another name";
}

reason twice(schema const& s, std::string const& path, char const* where) {
  std::set<std::string> seen;
  for (auto const& f : s.fields)
    if (!seen.insert(f.name).second)
      return field(path) + " has two fields '" + f.name + "' " + where + ": which is which cannot be told; leave the structure as it was, or give the state another name";
  return {};
}

reason structures(schema const& stored, schema const& now, std::string const& path) {
  if (version_of(stored) > version_of(now))
    return field(path) + " is stored as version " + std::to_string(version_of(stored)) + " of its class, the program has version " +
           std::to_string(version_of(now)) + "; run the program that wrote it or a later one";
  if (auto const found = twice(stored, path, "in what is stored")) return found;
  if (auto const found = twice(now, path, "in the program")) return found;
  for (std::size_t i = 0; i < now.fields.size(); ++i) {
    auto const& f = now.fields[i];
    auto const* const before = find(stored, f.name);
    auto const name = path.empty() ? f.name : path + "." + f.name;
    if (!before && f.name == std::to_string(i))
      return field(name) + " is new and has no name, so that it cannot be told which one it is; name fields with CEREAL_NVP or make_nvp";
    if (!before) continue;
    if (auto found = difference(*before, f.value, name)) return found;
  }
  return {};
}

reason variants(schema const& stored, schema const& now, std::string const& path) {
  for (std::size_t i = 0; i < stored.fields.size(); ++i) {
    auto const alternative = path + "<" + std::to_string(i) + ">";
    if (i >= now.fields.size())
      return field(alternative) + " is an alternative that is stored, and the program has only " + std::to_string(now.fields.size()) + "; add new ones at the end and keep the others";
    if (auto found = difference(stored.fields[i].value, now.fields[i].value, alternative)) return found;
  }
  return {};
}

reason difference(schema const& stored, schema const& now, std::string const& path) {
  if (stored == now) return {};
  auto const a = name_of_type(stored), b = name_of_type(now);
  if (a == "struct" && b == "struct") return structures(stored, now, path);
  if (a == "variant" && b == "variant") return variants(stored, now, path);
  bool const same_holder = stored.type == now.type && stored.fields.size() == 1 && now.fields.size() == 1;
  if (same_holder) return difference(stored.fields.front().value, now.fields.front().value, path + (a == "list" || a == "array" ? "[]" : ""));
  if (holds_all(number_type_of(now.type), number_type_of(stored.type))) return {};
  return another_type(stored, now, path);
}

}  // namespace

std::optional<std::string> incompatibility(schema const& stored, schema const& now) {
  if (stored == now) return {};
  if (auto found = difference(stored, now, "")) return found;
  if (contains(stored, "undescribed"))
    return "the value is stored with a shared or polymorphic pointer, or with bytes that a class writes itself, behind which other fields cannot be found; "
           "leave it as it was, or give the state another name";
  return {};
}

std::optional<std::string> key_incompatibility(schema const& stored, schema const& now) {
  if (stored == now) return {};
  return "keys are stored as " + to_string(stored) + ", the program has " + to_string(now) +
         "; state is found by the bytes of its keys, so they cannot change: leave them as they were, or give the state another name";
}

}  // namespace flow
