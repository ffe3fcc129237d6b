#pragma once
// Reads values as the types of today that were written under an older schema (schema_change.hpp says which ones can be).
//
//     evolving_decoder in(stored, schema_of<T>(), data, size);
//     in(tag, key);         // what is not of that schema is read as a `decoder` reads it
//     read_value(in, t);    // a T from a value of `stored`; fields that are not stored have their defaults
//
// Or, for values among others that a plain decoder reads: `evolving_decoder(stored, schema_of<T>()).read_from(plain, t)`.
//
// A Cereal archive like `decoder`, for as many values as there are, one behind the other. What is the same in both schemas is read as
// that does; in structures that differ each field is looked up by its name, and found by passing over those before it:
// O(bytes * depth), without allocation.

#include <cereal/cereal.hpp>
#include <cereal/types/string.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include <flow/record/layout.hpp>

namespace flow {

class evolving_decoder : public cereal::InputArchive<evolving_decoder, cereal::AllowEmptyClassElision> {
 public:
  /// Throws `flow::error` (bad_record) where `incompatibility(stored, now)` says something. The data outlives the decoder.
  evolving_decoder(schema const& stored, schema const& now, std::byte const* data = nullptr, std::size_t size = 0);

  /// Reads the value that comes next in `in`.
  template <class T>
  void read_from(decoder& in, T& value);

  /// What comes next is a value of the stored schema.
  void value_next() { set_next(&stored_.root()); }
  void read(void* data, std::size_t size) {
    auto const* const from = at_.take(size);
    if (size > 0) std::memcpy(data, from, size);
  }
  std::size_t left() const { return at_.left(); }

  // For the functions below, which Cereal calls. A node is what a value is stored as; null: as its type is today.
  byte_cursor& cursor() { return at_; }
  layout::node const* next();
  void set_next(layout::node const* what) { next_ = what && what->unchanged ? nullptr : what; }
  /// A member of the structure or variant at hand is asked for. False where it is not stored.
  bool name_next(std::string_view name);
  std::uint64_t count();

  /// A structure, list or such begins. `by_position`: its fields have no names, whatever Cereal calls them. Whether its fields may differ.
  bool enter(std::uint32_t compiled_version, bool by_position);
  void leave();
  /// Of the structure at hand, as it is stored.
  std::uint32_t class_version() const { return levels_.back().version; }

 private:
  struct level {
    layout::node const* what;
    std::uint32_t version = 0;
    bool by_position = false;
    std::size_t fields = 0;              // of a structure: so many have been asked for
    std::size_t places = 0, end = 0;     // of a structure: where in `places_` the beginnings of its fields are, and its own end
    layout::node const* held = nullptr;  // of a variant: the alternative
  };
  bool name_field(level& in, std::string_view name);
  bool find(level const& in, std::string_view name, std::size_t& field) const;

  layout stored_;
  byte_cursor at_;
  std::vector<level> levels_;
  std::vector<std::size_t> places_;
  std::optional<layout::node const*> next_;
};

namespace detail {

/// A number stored as `what`, as one of a type that holds all its values.
template <plain_number N>
N read_number(byte_cursor& at, layout::node const* what) {
  using kind = layout::kind;
  if (!what) return at.number<N>();
  switch (what->kind) {
    case kind::boolean:
    case kind::u8: return static_cast<N>(at.number<std::uint8_t>());
    case kind::i8: return static_cast<N>(at.number<std::int8_t>());
    case kind::i16: return static_cast<N>(at.number<std::int16_t>());
    case kind::u16: return static_cast<N>(at.number<std::uint16_t>());
    case kind::i32: return static_cast<N>(at.number<std::int32_t>());
    case kind::u32: return static_cast<N>(at.number<std::uint32_t>());
    case kind::i64: return static_cast<N>(at.number<std::int64_t>());
    case kind::u64: return static_cast<N>(at.number<std::uint64_t>());
    case kind::f32: return static_cast<N>(at.number<float>());
    case kind::f64: return static_cast<N>(at.number<double>());
    default: return at.number<N>();
  }
}

}  // namespace detail

template <plain_number T>
void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, T& value) { value = detail::read_number<T>(archive.cursor(), archive.next()); }
inline void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, std::string& value) {
  archive.next();
  value = archive.cursor().text();
}
inline void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, timestamp& value) {
  archive.next();
  value = timestamp{duration{archive.cursor().number<timestamp::rep>()}};
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, cereal::NameValuePair<T>& pair) {
  if constexpr (std::is_same_v<std::remove_cvref_t<T>, std::uint32_t>)
    if (is_class_version(pair)) return void(pair.value = archive.class_version());
  if (archive.name_next(pair.name)) archive(pair.value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, cereal::SizeTag<T>& tag) { tag.size = archive.count(); }
/// The elements of a container of numbers, which may have been stored as others; else bytes as they are.
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, cereal::BinaryData<T>& data) {
  using element = std::remove_pointer_t<std::remove_cvref_t<T>>;
  auto const* const what = archive.next();
  if constexpr (plain_number<element>) {
    if (what) {
      auto* const to = static_cast<element*>(data.data);
      for (std::size_t i = 0; i < data.size / sizeof(element); ++i) to[i] = detail::read_number<element>(archive.cursor(), what);
      return;
    }
  }
  archive.read(data.data, static_cast<std::size_t>(data.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, std::optional<T>& value) {
  auto const* const what = archive.next();
  value.reset();
  if (archive.cursor().number<std::uint8_t>() != 0) return;  // it says that there is none
  archive.set_next(what ? &what->element() : nullptr);
  archive(value.emplace());
}
template <class T, class D>
  requires(detail::shape_of<std::unique_ptr<T, D>> == detail::shape::pointer)
void CEREAL_LOAD_FUNCTION_NAME(evolving_decoder& archive, std::unique_ptr<T, D>& value) {
  auto const* const what = archive.next();
  value.reset();
  if (archive.cursor().number<std::uint8_t>() == 0) return;
  value.reset(new T{});
  archive.set_next(what ? &what->element() : nullptr);
  archive(*value);
}

/// Types that are levels here: optionals and pointers ask for what they hold by themselves.
template <class T>
concept evolving_level = detail::is_level<T> && detail::shape_of<T> != detail::shape::optional && detail::shape_of<T> != detail::shape::pointer;

template <evolving_level T>
void prologue(evolving_decoder& archive, T const& value) {
  bool const differs = archive.enter(detail::version_of<T>(), detail::shape_of<T> == detail::shape::tuple);
  // What is read into may be left from before, or not initialised at all; Cereal gives it as what it is, and only here as const.
  if constexpr (detail::shape_of<T> == detail::shape::structure && std::default_initializable<T> && std::is_move_assignable_v<T>)
    if (differs) const_cast<T&>(value) = T{};
}
template <evolving_level T>
void epilogue(evolving_decoder& archive, T const&) { archive.leave(); }

/// Reads a T, as the schema it was written under says.
template <class T>
void read_value(evolving_decoder& in, T& value) {
  if constexpr (describable<T>) {
    in.value_next();
    in(value);
  } else {
    in.read(&value, sizeof value);
  }
}
template <class T>
void evolving_decoder::read_from(decoder& in, T& value) {
  at_ = byte_cursor(in.next(), in.left());
  read_value(*this, value);
  in.skip(at_.position());
}

}  // namespace flow

// Cereal asks what wrote the values of types that load through another type (enums).
/// \cond
template <>
struct cereal::traits::detail::get_output_from_input<flow::evolving_decoder> {
  using type = flow::encoder;
};
/// \endcond

CEREAL_REGISTER_ARCHIVE(flow::evolving_decoder)
