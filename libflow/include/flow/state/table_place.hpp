#pragma once
// Where in a table a value lies.

#include <cstdint>

namespace flow {

/// A table as one of its places knows it.
class watched_table {
 public:
  bool watched() const { return watched_; }
  /// The entry with this value is about to change for the first time in this epoch, while the table is watched.
  virtual void first_change(void* value, std::uint16_t* changed, std::uint32_t bit) = 0;

 protected:
  ~watched_table() = default;
  bool watched_ = false;
};

/// Where a value lies, and what says that it was changed. Valid until the next insertion, removal or sweep and, for
/// marking, until the epoch changes.
template <class V>
struct table_place {
  V* value = nullptr;  // null: the key is not there
  std::uint16_t* changed = nullptr;
  std::uint32_t bit = 0;  // of `changed`
  watched_table* table = nullptr;

  bool marked() const { return (*changed & bit) != 0; }
  /// To be called before the value is changed. Mostly marked already: a branch is cheaper than a store to a word that is
  /// shared.
  void mark() const {
    if (marked()) return;
    if (table->watched()) [[unlikely]] table->first_change(value, changed, bit);
    *changed |= static_cast<std::uint16_t>(bit);
  }
};

}  // namespace flow
