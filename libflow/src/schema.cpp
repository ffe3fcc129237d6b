#include <flow/record/schema.hpp>

#include <algorithm>

namespace flow {

schema::schema() = default;
schema::schema(schema const&) = default;
schema& schema::operator=(schema const&) = default;
schema::~schema() = default;

bool schema::operator==(schema const& other) const {
  return type == other.type && std::equal(fields.begin(), fields.end(), other.fields.begin(), other.fields.end(),
                                          [](auto const& a, auto const& b) { return a.name == b.name && a.value == b.value; });
}

schema& schema_archive::add() {
  if (!entered_) {
    entered_ = true;
    return *current_;
  }
  std::string name = next_name_ ? next_name_ : std::to_string(current_->fields.size());
  next_name_ = nullptr;
  return current_->fields.emplace_back(schema_field{std::move(name), {}}).value;
}

void schema_archive::leaf(std::string const& type) { add().type = type; }
void schema_archive::set_type(char const* type) { current_->type = type; }

std::string opaque_type_name(std::size_t bytes) { return "opaque:" + std::to_string(bytes); }
std::string number_type_name(char kind, std::size_t bytes) { return kind + std::to_string(8 * bytes); }

std::string to_string(schema const& s) {
  if (s.fields.empty()) return '"' + s.type + '"';
  if (s.type == "list" || s.type == "optional") return "{\"" + s.type + "\":" + to_string(s.fields.front().value) + "}";
  std::string text = "{";
  for (auto const& [name, field] : s.fields) {
    if (text.size() > 1) text += ',';
    text += '"' + name + "\":" + to_string(field);
  }
  return text + "}";
}

}  // namespace flow
