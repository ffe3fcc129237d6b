#pragma once
// The schema of a type, read off its own description by an archive that only looks.
//
// `schema_of<T>()` runs `serialize` over a default-made T once. Names come from CEREAL_NVP and make_nvp; a field
// without a name is named by its position. It is written with every state and stream, compared before a restore, and
// lets tools read data whose C++ type they do not have.

#include <cereal/cereal.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <flow/record/encoding.hpp>

namespace flow {

struct schema_field;

struct schema {
  std::string type;  // "bool", "i8".."u64", "f32", "f64", "string", "timestamp", "list", "optional", "struct", "opaque:<size>"
  std::vector<schema_field> fields;  // of a struct; or one, "element", of a list or an optional

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
  explicit schema_archive(schema& out) : OutputArchive(this), current_(&out) {}

  void name_next(char const* name) { next_name_ = name; }
  void leaf(std::string const& type);
  /// Describes `value` as a struct of the fields that `describe` adds.
  template <class F>
  void structure(char const* type, F describe) {
    schema* const outer = current_;
    current_ = &add();
    set_type(type);
    describe();
    current_ = outer;
  }
  /// Whether the outermost value has been entered: it is described in place, not as a field.
  bool entered() const { return entered_; }

 private:
  schema& add();
  void set_type(char const* type);

  schema* current_;
  char const* next_name_ = nullptr;
  bool entered_ = false;
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

template <class T>
void describe_into(schema_archive& archive, T const& value);

template <plain_number T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, T const&) {
  archive.leaf(plain_type_name<T>());
}
inline void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, std::string const&) { archive.leaf("string"); }
inline void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, timestamp const&) { archive.leaf("timestamp"); }
template <class T, class A>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, std::vector<T, A> const&) {
  archive.structure("list", [&] {
    archive.name_next("element");
    describe_into(archive, T{});
  });
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, std::optional<T> const&) {
  archive.structure("optional", [&] {
    archive.name_next("element");
    describe_into(archive, T{});
  });
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive& archive, cereal::NameValuePair<T> const& pair) {
  archive.name_next(pair.name);
  describe_into(archive, static_cast<std::remove_cvref_t<T> const&>(pair.value));
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive&, cereal::SizeTag<T> const&) {}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(schema_archive&, cereal::BinaryData<T> const&) {}

template <class T>
void describe_into(schema_archive& archive, T const& value) {
  using overloaded = std::bool_constant<plain_number<T> || std::is_same_v<T, std::string> || std::is_same_v<T, timestamp>>;
  if constexpr (std::is_enum_v<T>) {
    archive.leaf(plain_type_name<std::underlying_type_t<T>>());
  } else if constexpr (overloaded::value) {
    archive(value);
  } else if constexpr (requires { typename T::value_type; }) {
    archive(value);  // containers describe themselves as lists
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    archive.structure("struct", [&] { std::apply([&](auto const&... x) { (describe_into(archive, x), ...); }, value); });
  } else {
    archive.structure("struct", [&] { archive(value); });
  }
}

/// The schema of T, or "opaque:<size>" for a trivially copyable T that Cereal cannot describe.
template <class T>
schema schema_of() {
  schema result;
  if constexpr (describable<T>) {
    schema_archive archive(result);
    describe_into(archive, T{});
  } else {
    result.type = opaque_type_name(sizeof(T));
  }
  return result;
}

}  // namespace flow

CEREAL_REGISTER_ARCHIVE(flow::schema_archive)
