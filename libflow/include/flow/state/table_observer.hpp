#pragma once
// Who is told what happens to a table's entries.

#include <flow/state/segment.hpp>

namespace flow {

/// What is known of an entry when its observer is told of it.
struct entry_history {
  bool changed_before = false;  // in the epoch before this one, and not yet visited since
  bool written = false;         // see `segment_group`
  bool stored = false;
  bool changed_now = false;
};

/// That no entry is to be removed.
struct never_gone {
  bool operator()(auto const&, auto const&) const { return false; }
};

/// Writes a table's entries for a snapshot.
template <class K, class V>
class table_observer {
 public:
  /// Before the first change in this epoch, while the table is watched; whether the entry has now been stored.
  virtual bool changing(segment_entry<K, V> const& e, entry_history const& h) = 0;
  /// Before a removal.
  virtual void removing(segment_entry<K, V> const& e, entry_history const& h) = 0;

 protected:
  ~table_observer() = default;
};

}  // namespace flow
