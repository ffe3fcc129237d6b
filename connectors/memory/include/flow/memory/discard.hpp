#pragma once
// A sink that forgets its records: what a benchmark of everything before it ends in.

#include <memory>

#include <flow/sink.hpp>

namespace flow::memory {

template <class T>
class discard_writer final : public writer<T> {
 public:
  void write(batch<T> const&) override {}
};

/// A sink for records of any type.
struct discard_sink {
  template <class T>
  sink<T> make() const {
    return {[] { return std::make_unique<discard_writer<T>>(); }};
  }
};

inline discard_sink discard() { return {}; }

}  // namespace flow::memory
