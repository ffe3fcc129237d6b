#pragma once
// What a snapshot store needs of the thing that it lies in: ordered maps from keys to bytes, the families.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <flow/record/encoding.hpp>

namespace flow::detail {

enum class family {
  manifests,  // and the format record
  headers,    // of pieces, apart from their chunks: all of them are read when a store is opened
  chunks,
};
constexpr std::size_t number_of_families = 3;

/// What is written in one step: first the ranges are removed, then the values are put.
struct changes {
  struct range {
    family where;
    std::string from, to;  // `to` itself is not in it
  };
  struct value {
    family where;
    std::string_view key;
    std::span<std::byte const> data;
  };
  std::vector<range> removed;
  std::vector<value> put;
};

class key_value_store {
 public:
  virtual ~key_value_store() = default;
  /// Where it is, for messages.
  virtual std::string const& place() const = 0;
  virtual bool read_only() const { return false; }
  /// All of it or nothing. Writes become durable in their order, at the latest by `sync`.
  virtual void write(changes const& what) = 0;
  virtual void sync() = 0;
  /// Whether a write or sync has failed: all later ones fail too.
  virtual bool failed() const = 0;
  /// Makes it write again; what was not durable may be lost. Throws, and can still be read, where the cause persists.
  virtual void reopen() = 0;
  /// Gives back the space of what has been removed between these keys now: else that happens beside later writes.
  virtual void reclaim(changes::range const&) {}
  virtual std::optional<bytes> get(family f, std::string_view key) const = 0;
  /// Goes through the keys in order, from the first not below `from`, until `use` says false.
  virtual void visit(family f, std::string const& from, std::function<bool(std::string_view)> const& use) const = 0;
};

}  // namespace flow::detail
