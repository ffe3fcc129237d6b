#pragma once
// The schema of a type, read off its own description by an archive that only looks.
//
// `schema_of<T>()` runs `serialize` over a default-made T once. Names come from CEREAL_NVP and make_nvp; a field
// without a name is named by its position. It is written with every state and stream, compared before a restore, and
// lets tools read data whose C++ type they do not have. doc/snapshot_format.md says how each type is encoded.

#include <cereal/cereal.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

#include <flow/record/encoding.hpp>
#include <flow/record/shape.hpp>

namespace flow {

struct schema_field;

struct schema {
  /// "bool", "i8".."u64", "f32", "f64", "string", "timestamp", "opaque:<size>"; "struct", or "struct:<version>" of a class with one;
  /// "list", "array:<size>", "optional", "pointer", "variant"; "recursive:<levels>": the schema so many levels further out;
  /// "undescribed": its encoding cannot be read by a schema.
  std::string type;
  std::vector<schema_field> fields;  // of a struct; the alternatives of a variant; one, "element", of those that hold values of one type

  schema();
  schema(schema const&);
  schema& operator=(schema const&);
  ~schema();
  bool operator==(schema const& other) const;
};

struct schema_field {
  std::string name;
  schema value;
};

/// `{"origin":"string","delay":"i32"}`: for messages and tools.
std::string to_string(schema const& s);

class schema_archive : public cereal::OutputArchive<schema_archive, cereal::AllowEmptyClassElision> {
 public:
  explicit schema_archive(schema& out) : OutputArchive(this), out_(out) {}

  void name_next(char const* name) { if (muted_ == 0) next_name_ = name; }
  void leaf(std::string const& type);
  void open(std::string const& type, std::type_index of);
  void close() { levels_.pop_back(); }
  /// How many levels further out a type is being described; 0 where it is not.
  std::size_t levels_to(std::type_index type) const;

  /// What follows belongs to something that has been described already.
  void mute() { ++muted_; }
  /// Whether it did.
  bool unmute() { return muted_ > 0 && muted_-- > 0; }
  bool muted() const { return muted_ > 0; }

 private:
  struct level {
    schema* at;
    std::type_index type;
  };
  schema& add();

  schema& out_;
  std::vector<level> levels_;
  char const* next_name_ = nullptr;
  std::size_t muted_ = 0;
};

/// "opaque:16"
std::string opaque_type_name(std::size_t bytes);
/// "i32", "f64", ...
std::string number_type_name(char kind, std::size_t bytes);

template <class T>
std::string plain_type_name() {
  if constexpr (std::is_same_v<T, bool>) return "bool";
  else return number_type_name(std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u', sizeof(T));
}

template <plain_number T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, T const&) {
  archive.leaf(plain_type_name<T>());
}
inline void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, std::string const&) { archive.leaf("string"); }
inline void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, timestamp const&) { archive.leaf("timestamp"); }
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, cereal::NameValuePair<T> const& pair) {
  if (is_class_version(pair)) return;
  archive.name_next(pair.name);
  archive(pair.value);
}
// Reached only where a type writes counts or bytes by itself: nobody else can know what they mean.
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, cereal::SizeTag<T> const&) { archive.leaf("undescribed"); }
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, cereal::BinaryData<T> const&) { archive.leaf("undescribed"); }

namespace detail {

template <class T>
void describe(schema_archive& archive, char const* name) {
  archive.name_next(name);
  if (auto const levels = archive.levels_to(typeid(T)); levels > 0) archive.leaf("recursive:" + std::to_string(levels));
  else archive(T{});
}

template <class T>
void describe_parts(schema_archive& archive) {
  if constexpr (shape_of<T> == shape::map) {
    archive.name_next("element");
    archive.open("struct", typeid(typename T::value_type));
    describe<typename T::key_type>(archive, "key");
    describe<typename T::mapped_type>(archive, "value");
    archive.close();
  } else if constexpr (shape_of<T> == shape::tuple) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (describe<std::tuple_element_t<I, T>>(archive, nullptr), ...); }
    (std::make_index_sequence<std::tuple_size_v<T>>{});
  } else if constexpr (shape_of<T> == shape::variant) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (describe<std::variant_alternative_t<I, T>>(archive, nullptr), ...); }
    (std::make_index_sequence<std::variant_size_v<T>>{});
  } else if constexpr (shape_of<T> == shape::pointer) {
    describe<typename T::element_type>(archive, "element");
  } else {
    describe<typename T::value_type>(archive, "element");
  }
}

template <class T>
std::string level_type() {
  switch (shape_of<T>) {
    case shape::list:
    case shape::map: return "list";
    case shape::optional: return "optional";
    case shape::pointer: return "pointer";
    case shape::variant: return "variant";
    default: break;
  }
  if constexpr (is_array<T>) return "array:" + std::to_string(std::tuple_size_v<T>);
  auto const version = version_of<T>();
  return version == 0 ? "struct" : "struct:" + std::to_string(version);
}

}  // namespace detail

/// A structure is described by what its `serialize` does; all else by its type, and what it does is not listened to.
template <class T>
  requires detail::is_level<T>
void prologue(schema_archive& archive, T const&) {
  if (archive.muted()) return archive.mute();
  if constexpr (detail::shape_of<T> == detail::shape::undescribed) {
    archive.leaf("undescribed");
    archive.mute();
  } else {
    archive.open(detail::level_type<T>(), typeid(T));
    if constexpr (detail::shape_of<T> != detail::shape::structure) {
      detail::describe_parts<T>(archive);
      archive.close();
      archive.mute();
    }
  }
}
template <class T>
  requires detail::is_level<T>
void epilogue(schema_archive& archive, T const&) { if (!archive.unmute()) archive.close(); }

/// The schema of T, or "opaque:<size>" for a trivially copyable T that Cereal cannot describe.
template <class T>
schema schema_of() {
  schema result;
  if constexpr (describable<T>) {
    schema_archive archive(result);
    archive(T{});
  } else {
    result.type = opaque_type_name(sizeof(T));
  }
  return result;
}

}  // namespace flow

CEREAL_REGISTER_ARCHIVE(flow::schema_archive)
