#pragma once
// What the tests of encodings share.

#include <flow/record/encoding.hpp>

namespace record_tests {

/// The encodings of some values, one behind the other.
template <class... T>
flow::bytes encoded(T const&... values) {
  flow::bytes out;
  flow::encoder archive(out);
  archive(values...);
  return out;
}

}  // namespace record_tests
