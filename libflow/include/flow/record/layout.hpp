#pragma once
// A schema made ready for walking over encoded bytes: what reads values whose C++ type it does not have, or no longer has.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <flow/record/schema.hpp>

namespace flow {

/// Encoded bytes, read from the front. Throws `flow::error` (bad_record) where they end too early.
class byte_cursor {
 public:
  byte_cursor(std::byte const* data, std::size_t size) : begin_(data), next_(data), end_(data + size) {}
  std::byte const* take(std::size_t size) {
    if (size > left()) fail(size);
    auto const* const taken = next_;
    next_ += size;
    return taken;
  }
  template <class N>
  N number() {
    N n;
    std::memcpy(&n, take(sizeof n), sizeof n);
    return n;
  }
  std::string_view text() {
    auto const size = number<std::uint64_t>();
    return {reinterpret_cast<char const*>(take(size)), static_cast<std::size_t>(size)};
  }
  std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
  std::size_t position() const { return static_cast<std::size_t>(next_ - begin_); }
  /// To a position that has been reached before.
  void go_to(std::size_t position) { next_ = begin_ + position; }

 private:
  [[noreturn]] void fail(std::uint64_t wanted) const;
  std::byte const* begin_;
  std::byte const* next_;
  std::byte const* end_;
};

class layout {
 public:
  enum class kind : std::uint8_t {
    boolean, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, string, timestamp,
    opaque, list, array, optional, pointer, variant, structure, undescribed
  };
  static constexpr std::size_t varies = static_cast<std::size_t>(-1);

  struct node {
    layout::kind kind = layout::kind::undescribed;
    bool unchanged = false;         // set by who compares it with another schema: it is read as today's type is
    std::uint32_t version = 0;      // of a structure
    std::size_t size = varies;      // of all its values in bytes, where they have one size
    std::size_t count = 0;          // elements of an array
    std::vector<std::string> names;
    std::vector<node*> fields;      // one for each name; one of a list, array, optional, pointer

    node const& element() const { return *fields.front(); }
    node& element() { return *fields.front(); }
  };

  /// Throws `flow::error` (bad_record) where `s` is no schema that this version knows.
  explicit layout(schema const& s);
  node const& root() const { return *nodes_.front(); }
  node& root() { return *nodes_.front(); }

 private:
  node* make(schema const& s, std::vector<node*>& enclosing);
  std::vector<std::unique_ptr<node>> nodes_;
};

/// Passes over one value. Throws (bad_record) where the bytes are not such a value or it is undescribed.
void skip(layout::node const& what, byte_cursor& at);
/// Reads the flag of an optional or a pointer: whether there is a value.
bool has_value(layout::node const& what, byte_cursor& at);
/// Reads the number of the alternative that a variant holds, and returns that alternative.
layout::node const& alternative(layout::node const& what, byte_cursor& at);
/// Reads the number of elements of a list or array.
std::uint64_t count_of(layout::node const& what, byte_cursor& at);

}  // namespace flow
