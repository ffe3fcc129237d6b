#pragma once
// How Cereal writes a type, as far as a schema and what reads by it have to tell apart.

#include <array>
#include <bitset>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <flow/record/encoding.hpp>

namespace flow::detail {

enum class shape {
  leaf,        // a number, a string, a time
  passing,     // its value is all there is of it: names, enums, types with save_minimal
  structure,   // its fields; also types that Cereal writes as such
  tuple,       // a structure whose fields are named by their positions
  list,        // a count and the elements
  map,         // a list of structures of a key and a value
  array,       // the elements
  optional,    // whether there is none, and the value
  pointer,     // whether there is one, and the value
  variant,     // the number of the alternative, and its value
  undescribed  // written, but not so that a schema could tell how: shared pointers, pointers to polymorphic types
};

template <class T>
inline constexpr bool is_passing = cereal::traits::has_minimal_base_class_serialization<T, cereal::traits::has_minimal_output_serialization, encoder>::value ||
                                   cereal::traits::has_minimal_output_serialization<T, encoder>::value;
template <class T>
inline constexpr bool is_passing<cereal::NameValuePair<T>> = true;
template <class T>
inline constexpr bool is_passing<cereal::SizeTag<T>> = true;
template <class T>
inline constexpr bool is_passing<cereal::BinaryData<T>> = true;

template <class T>
inline constexpr bool is_undescribed = false;
template <class T>
inline constexpr bool is_undescribed<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool is_undescribed<std::weak_ptr<T>> = true;
template <class T, class D>
inline constexpr bool is_undescribed<std::unique_ptr<T, D>> = std::is_polymorphic_v<T> || !std::default_initializable<T>;
template <std::size_t N>
inline constexpr bool is_undescribed<std::bitset<N>> = true;  // its form depends on its value

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_pointer = false;
template <class T, class D>
inline constexpr bool is_pointer<std::unique_ptr<T, D>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

/// A class that says itself how it is written.
template <class T>
concept has_own_serialization = cereal::traits::has_member_serialize<T, encoder>::value || cereal::traits::has_member_versioned_serialize<T, encoder>::value ||
                                cereal::traits::has_member_save<T, encoder>::value || cereal::traits::has_member_versioned_save<T, encoder>::value;
template <class T>
concept container = !has_own_serialization<T> && requires(T& c) {
  typename T::value_type;
  c.size();
  c.clear();
};

template <class T>
consteval shape find_shape() {
  if constexpr (plain_number<T> || std::is_same_v<T, std::string> || std::is_same_v<T, timestamp>) return shape::leaf;
  else if constexpr (is_passing<T>) return shape::passing;
  else if constexpr (is_undescribed<T>) return shape::undescribed;
  else if constexpr (is_array<T>) return shape::array;
  else if constexpr (is_optional<T>) return shape::optional;
  else if constexpr (is_pointer<T>) return shape::pointer;
  else if constexpr (is_variant<T>) return shape::variant;
  else if constexpr (container<T> && requires { typename T::mapped_type; }) return shape::map;
  else if constexpr (container<T>) return shape::list;
  else if constexpr (requires { std::tuple_size<T>::value; }) return shape::tuple;
  else return shape::structure;
}
template <class T>
inline constexpr shape shape_of = find_shape<T>();

/// Whether something of this type is entered and left again, in schemas and while it is read.
template <class T>
inline constexpr bool is_level = shape_of<T> != shape::leaf && shape_of<T> != shape::passing;

/// The version of T; of a base class, that of the class itself.
template <class T>
struct versioned {
  using type = T;
};
template <class T>
struct versioned<cereal::base_class<T>> {
  using type = T;
};
template <class T>
struct versioned<cereal::virtual_base_class<T>> {
  using type = T;
};
template <class T>
std::uint32_t version_of() { return cereal::detail::Version<typename versioned<T>::type>::version; }

}  // namespace flow::detail
