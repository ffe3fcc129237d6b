#pragma once
// The binary encoding of records, keys and state: Cereal archives over a byte buffer.
//
// Little-endian; numbers in their own width; strings and containers as a 64-bit count
// followed by their elements; fields in the order of `serialize`, without names. The version of a CEREAL_CLASS_VERSION type
// is in its schema and not in its encoding, so that each value stands for itself. One archive serves a whole batch or piece,
// never one record.

#include <cereal/cereal.hpp>
#include <cereal/types/string.hpp>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <flow/error.hpp>
#include <flow/time.hpp>

namespace flow {

static_assert(std::endian::native == std::endian::little, "encodings are little-endian and copied as they are");

using bytes = std::vector<std::byte>;

/// Appends the encoding of what it is given to a buffer that outlives it.
class encoder : public cereal::OutputArchive<encoder, cereal::AllowEmptyClassElision> {
 public:
  explicit encoder(bytes& out) : OutputArchive(this), out_(out) {}
  void write(void const* data, std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - next_)) return append(data, size);
    if (size > 0) std::memcpy(next_, data, size);
    next_ += size;
  }

  /// For many small values: makes room in the buffer, which is then longer than what it holds until `settle`. Before anything is written,
  /// and with the buffer left alone meanwhile.
  void run_ahead(std::size_t room);
  void settle();
  /// Bytes in the buffer.
  std::size_t size() const { return runs_ahead_ ? static_cast<std::size_t>(next_ - out_.data()) : out_.size(); }

 private:
  void append(void const* data, std::size_t size);
  void make_room(std::size_t total);

  bytes& out_;
  bool runs_ahead_ = false;
  std::byte* next_ = nullptr;  // in the room made ahead
  std::byte* end_ = nullptr;
};

inline void encoder::make_room(std::size_t total) {
  std::size_t const at = size();
  out_.resize(total);
  next_ = out_.data() + at;
  end_ = out_.data() + total;
}
inline void encoder::run_ahead(std::size_t room) {
  std::size_t const total = size() + room;
  make_room(total);
  runs_ahead_ = true;
}
inline void encoder::settle() {
  if (!runs_ahead_) return;
  out_.resize(size());
  runs_ahead_ = false;
  next_ = end_ = nullptr;
}
[[gnu::noinline]] inline void encoder::append(void const* data, std::size_t size) {
  if (runs_ahead_) {
    make_room(2 * (this->size() + size));
    std::memcpy(next_, data, size);
    next_ += size;
  } else {
    auto const* const first = static_cast<std::byte const*>(data);
    out_.insert(out_.end(), first, first + size);
  }
}

/// Reads back what an `encoder` wrote. Throws `flow::error` (bad_record) when the bytes end too early.
class decoder : public cereal::InputArchive<decoder, cereal::AllowEmptyClassElision> {
 public:
  decoder(std::byte const* data, std::size_t size) : InputArchive(this), next_(data), end_(data + size) {}
  explicit decoder(bytes const& in) : decoder(in.data(), in.size()) {}
  void read(void* data, std::size_t size) {
    if (size > left()) [[unlikely]] throw_early_end(size);
    if (size > 0) std::memcpy(data, next_, size);  // an empty container may have no place for its data
    next_ += size;
  }
  std::byte const* next() const { return next_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
  /// Passes over bytes that another reader has taken from `next`.
  void skip(std::size_t size) { next_ += size; }
  /// Of the type being read, as compiled: what is written under another is read by an `evolving_decoder`.
  std::uint32_t class_version = 0;

 private:
  [[noreturn, gnu::cold, gnu::noinline]] void throw_early_end(std::size_t size) const {
    throw error(error_code::bad_record, "encoded data ends early: expected " + std::to_string(size) + " more bytes, found " + std::to_string(left()));
  }

  std::byte const* next_;
  std::byte const* end_;
};

template <class T>
concept plain_number = std::is_arithmetic_v<T>;

/// Whether this is the member that Cereal writes before the first object of a CEREAL_CLASS_VERSION type. Each record says itself
/// in full, whichever comes first: our formats leave it out, and are read as the version that is compiled.
template <class T>
bool is_class_version(cereal::NameValuePair<T> const& pair) {
  if constexpr (std::is_same_v<std::remove_cvref_t<T>, std::uint32_t>) return std::string_view(pair.name) == "cereal_class_version";
  else return false;
}

template <plain_number T>
void CEREAL_SAVE_FUNCTION_NAME(encoder& archive, T const& value) {
  archive.write(&value, sizeof value);
}
template <plain_number T>
void CEREAL_LOAD_FUNCTION_NAME(decoder& archive, T& value) {
  archive.read(&value, sizeof value);
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(encoder& archive, cereal::BinaryData<T> const& data) {
  archive.write(data.data, static_cast<std::size_t>(data.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(decoder& archive, cereal::BinaryData<T>& data) {
  if (static_cast<std::uint64_t>(data.size) > archive.left())
    throw error(error_code::bad_record, "encoded data ends early: a field claims " + std::to_string(data.size) + " bytes");
  archive.read(data.data, static_cast<std::size_t>(data.size));
}
template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(encoder& archive, cereal::NameValuePair<T>& pair) {
  if (!is_class_version(pair)) archive(pair.value);
}
template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(decoder& archive, cereal::NameValuePair<T>& pair) {
  if constexpr (std::is_same_v<std::remove_cvref_t<T>, std::uint32_t>)
    if (is_class_version(pair)) return void(pair.value = archive.class_version);
  archive(pair.value);
}
template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(encoder& archive, cereal::SizeTag<T>& tag) { archive(tag.size); }
template <class T>
void CEREAL_SERIALIZE_FUNCTION_NAME(decoder& archive, cereal::SizeTag<T>& tag) { archive(tag.size); }

inline void CEREAL_SAVE_FUNCTION_NAME(encoder& archive, timestamp const& t) { archive(t.time_since_epoch().count()); }
inline void CEREAL_LOAD_FUNCTION_NAME(decoder& archive, timestamp& t) {
  timestamp::rep count = 0;
  archive(count);
  t = timestamp{duration{count}};
}

// A class is about to be read, and Cereal asks for its version next.
template <class T>
  requires std::is_class_v<T>
void prologue(decoder& archive, T const&) { archive.class_version = cereal::detail::Version<T>::version; }
template <class T>
void prologue(decoder& archive, cereal::base_class<T> const&) { archive.class_version = cereal::detail::Version<T>::version; }
template <class T>
void prologue(decoder& archive, cereal::virtual_base_class<T> const&) { archive.class_version = cereal::detail::Version<T>::version; }
template <class T>
void prologue(decoder&, cereal::NameValuePair<T> const&) {}

/// One value alone: for committables and the like. Records are written many to an archive.
template <class T>
bytes encode_value(T const& value) {
  bytes out;
  encoder archive(out);
  archive(value);
  return out;
}
/// Reads it back. Throws `flow::error` (bad_record) where the bytes end too early, or go on.
template <class T>
T decode_value(bytes const& in) {
  T value{};
  decoder archive(in);
  archive(value);
  if (archive.left() > 0) throw error(error_code::bad_record, "encoded data goes on: expected " + std::to_string(in.size() - archive.left()) + " bytes, found " + std::to_string(in.size()));
  return value;
}

/// Whether Cereal can write T: arithmetic, a known container, or a class with `serialize` or `save`.
template <class T>
concept describable = cereal::traits::is_output_serializable<T, encoder>::value;

}  // namespace flow

CEREAL_REGISTER_ARCHIVE(flow::encoder)
CEREAL_REGISTER_ARCHIVE(flow::decoder)
CEREAL_SETUP_ARCHIVE_TRAITS(flow::decoder, flow::encoder)
