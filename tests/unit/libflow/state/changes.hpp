#pragma once
// What a table's observer would find changed, for tests of tables alone.

#include <bit>

#include <flow/state/table.hpp>

namespace flow {

/// Calls `f(key, value)` for each entry that was changed in the epoch before this one and forgets that it was.
template <class K, class V, class F>
void take_changes(table<K, V>& of, F f) {
  std::uint64_t at = 0;
  do {
    of.visit(at, [&](auto const& v, std::uint64_t, std::uint64_t) {
      for (std::uint32_t bits = v.before() & v.which; bits != 0; bits &= bits - 1) {
        auto const& e = v.entries[std::countr_zero(bits)];
        f(e.key, e.value);
      }
      v.before() &= static_cast<std::uint16_t>(~v.which);
    });
  } while (at != 0);
}

}  // namespace flow
