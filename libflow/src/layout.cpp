#include <flow/record/layout.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace flow {
namespace {

using kind = layout::kind;

struct leaf_kind {
  std::string_view type;
  layout::kind kind;
  std::size_t size;
};
constexpr leaf_kind leaves[] = {
    {"bool", kind::boolean, 1}, {"i8", kind::i8, 1},   {"i16", kind::i16, 2}, {"i32", kind::i32, 4}, {"i64", kind::i64, 8},
    {"u8", kind::u8, 1},        {"u16", kind::u16, 2}, {"u32", kind::u32, 4}, {"u64", kind::u64, 8}, {"f32", kind::f32, 4},
    {"f64", kind::f64, 8},      {"string", kind::string, layout::varies},     {"timestamp", kind::timestamp, 8},
    {"f128", kind::opaque, 16}, {"undescribed", kind::undescribed, layout::varies}};

struct holder_kind {
  std::string_view type;
  layout::kind kind;
};
constexpr holder_kind holders[] = {{"list", kind::list}, {"array", kind::array}, {"optional", kind::optional}, {"pointer", kind::pointer}};

[[noreturn]] void unknown(schema const& s) {
  throw error(error_code::bad_record, "a schema has the type '" + s.type + "', which this version of libflow does not know; use the one that wrote it");
}

/// The number behind the colon of a type; none where there is no colon.
std::optional<std::uint64_t> number_in(schema const& s) {
  auto const colon = s.type.find(':');
  if (colon == std::string::npos) return {};
  std::uint64_t n = 0;
  auto const* const end = s.type.data() + s.type.size();
  auto const read = std::from_chars(s.type.data() + colon + 1, end, n);
  if (read.ec != std::errc{} || read.ptr != end) unknown(s);
  return n;
}

std::size_t size_of(layout::node const& n) {
  if (n.kind == kind::array && n.element().size != layout::varies) return n.count * n.element().size;
  if (n.kind != kind::structure) return layout::varies;
  std::size_t sum = 0;
  for (auto const* field : n.fields) {
    if (field->size == layout::varies) return layout::varies;
    sum += field->size;
  }
  return sum;
}

}  // namespace

void byte_cursor::fail(std::uint64_t wanted) const {
  throw error(error_code::bad_record, "encoded data ends early: expected " + std::to_string(wanted) + " more bytes, found " + std::to_string(left()));
}

layout::layout(schema const& s) {
  std::vector<node*> enclosing;
  make(s, enclosing);
}

layout::node* layout::make(schema const& s, std::vector<node*>& enclosing) {
  auto const number = number_in(s);
  auto const name = std::string_view(s.type).substr(0, s.type.find(':'));
  if (name == "recursive") {
    if (!number || *number == 0 || *number > enclosing.size()) unknown(s);
    return enclosing[enclosing.size() - *number];
  }
  node& made = *nodes_.emplace_back(std::make_unique<node>());
  for (auto const& leaf : leaves) {
    if (leaf.type != s.type) continue;
    made.kind = leaf.kind;
    made.size = leaf.size;
    return &made;
  }
  if (name == "opaque" && number) {
    made.kind = kind::opaque;
    made.size = *number;
    return &made;
  }
  if (name == "struct") {
    made.kind = kind::structure;
    made.version = static_cast<std::uint32_t>(number.value_or(0));
  } else if (name == "variant") {
    made.kind = kind::variant;
  } else {
    auto const* const holder = std::find_if(std::begin(holders), std::end(holders), [&](auto const& h) { return h.type == name; });
    if (holder == std::end(holders) || s.fields.size() != 1) unknown(s);
    made.kind = holder->kind;
    made.count = number.value_or(0);
  }
  enclosing.push_back(&made);
  for (auto const& field : s.fields) {
    made.names.push_back(field.name);
    made.fields.push_back(make(field.value, enclosing));
  }
  enclosing.pop_back();
  made.size = size_of(made);
  return &made;
}

bool has_value(layout::node const& what, byte_cursor& at) {
  bool const flag = at.number<std::uint8_t>() != 0;
  return flag == (what.kind == kind::pointer);
}

layout::node const& alternative(layout::node const& what, byte_cursor& at) {
  auto const n = at.number<std::int32_t>();
  if (n < 0 || static_cast<std::size_t>(n) >= what.fields.size())
    throw error(error_code::bad_record, "a variant of " + std::to_string(what.fields.size()) + " alternatives is said to hold number " + std::to_string(n));
  return *what.fields[static_cast<std::size_t>(n)];
}

std::uint64_t count_of(layout::node const& what, byte_cursor& at) {
  if (what.kind == kind::array) return what.count;
  auto const count = at.number<std::uint64_t>();
  if (what.element().size != 0 && count > at.left())  // each takes a byte at least
    throw error(error_code::bad_record, "a list claims " + std::to_string(count) + " elements in " + std::to_string(at.left()) + " bytes");
  return count;
}

void skip(layout::node const& what, byte_cursor& at) {
  if (what.size != layout::varies) return void(at.take(what.size));
  switch (what.kind) {
    case kind::string: at.text(); return;
    case kind::list:
    case kind::array: {
      auto const count = count_of(what, at);
      auto const size = what.element().size;
      if (size == layout::varies)
        for (std::uint64_t i = 0; i < count; ++i) skip(what.element(), at);
      else if (size > 0)
        for (std::uint64_t i = 0; i < count; ++i) at.take(size);
      return;
    }
    case kind::optional:
    case kind::pointer:
      if (has_value(what, at)) skip(what.element(), at);
      return;
    case kind::variant: return skip(alternative(what, at), at);
    case kind::structure:
      for (auto const* field : what.fields) skip(*field, at);
      return;
    default: throw error(error_code::bad_record, "a value is not described by its schema: it holds a shared or polymorphic pointer, or writes bytes by itself");
  }
}

}  // namespace flow
