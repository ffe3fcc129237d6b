#pragma once
// The window that a function is called for.

#include <flow/window/windowed.hpp>

namespace flow {

/// The window that results are given out for, [start, end) of one key. Not to be kept: `key` is a reference.
template <class Key>
struct window_of {
  Key const& key;
  timestamp start;
  timestamp end;
};
/// A window over the whole stream.
template <>
struct window_of<whole_stream> {
  timestamp start;
  timestamp end;
};

}  // namespace flow
