#include <flow/record/schema.hpp>

#include <algorithm>

#include <flow/record/json_text.hpp>

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
  if (levels_.empty()) return out_;
  auto& fields = levels_.back().at->fields;
  std::string name = next_name_ ? next_name_ : std::to_string(fields.size());
  next_name_ = nullptr;
  return fields.emplace_back(schema_field{std::move(name), {}}).value;
}

void schema_archive::leaf(std::string const& type) {
  if (muted_ == 0) add().type = type;
}

void schema_archive::open(std::string const& type, std::type_index of) {
  schema& s = add();
  s.type = type;
  levels_.push_back({&s, of});
}

std::size_t schema_archive::levels_to(std::type_index type) const {
  for (std::size_t i = levels_.size(); i-- > 0;)
    if (levels_[i].type == type) return levels_.size() - i;
  return 0;
}

std::string opaque_type_name(std::size_t bytes) { return "opaque:" + std::to_string(bytes); }
std::string number_type_name(char kind, std::size_t bytes) { return kind + std::to_string(8 * bytes); }

namespace {

std::string fields_text(schema const& s) {
  std::string text = "{";
  for (auto const& [name, field] : s.fields) {
    if (text.size() > 1) text += ',';
    text += '"';
    append_json_escaped(text, name);
    text += "\":" + to_string(field);
  }
  return text + "}";
}

}  // namespace

std::string to_string(schema const& s) {
  if (s.fields.empty()) return '"' + s.type + '"';
  if (s.type == "struct") return fields_text(s);
  bool const one = s.fields.size() == 1 && s.fields.front().name == "element";
  return "{\"" + s.type + "\":" + (one ? to_string(s.fields.front().value) : fields_text(s)) + "}";
}

}  // namespace flow
