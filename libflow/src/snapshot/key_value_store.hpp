#pragma once
// What a snapshot store needs of the thing that it lies in: two ordered maps from keys to bytes.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <flow/record/encoding.hpp>

namespace flow::detail {

enum class family { manifests, pieces };

/// What is written in one step: first the ranges are removed, then the values are put.
struct changes {
  struct range {
    std::string from, to;  // `to` itself is not in it
  };
  struct value {
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
  /// All of it or nothing; durable at the latest after `sync` of the family.
  virtual void write(family f, changes const& what) = 0;
  virtual void sync(family f) = 0;
  /// Gives back the space of what has been removed, as far as that goes beyond what happens by itself.
  virtual void reclaim(family) {}
  virtual std::optional<bytes> get(family f, std::string_view key) const = 0;
  /// Goes through the keys in order, from the first not below `from`; `use` says from where to go on, or ends it with "".
  virtual void visit(family f, std::string from, std::function<std::string(std::string_view)> const& use) const = 0;
};

}  // namespace flow::detail
