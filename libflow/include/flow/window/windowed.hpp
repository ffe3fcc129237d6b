#pragma once
// What a window gives out.

#include <flow/record/encoding.hpp>
#include <flow/time.hpp>

namespace flow {

/// The key of a window over the whole stream.
struct whole_stream {
  bool operator==(whole_stream const&) const = default;
  /// There is one such key: records need no column of hashes for it.
  constexpr std::uint64_t hash() const { return 0; }
  template <class Archive>
  void serialize(Archive&) {}
};

/// The result of one window of one key: [start, end). Its event time is the last instant of the window.
template <class Key, class Result>
struct windowed {
  Key key{};
  timestamp start{};
  timestamp end{};
  Result value{};

  bool operator==(windowed const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(key), CEREAL_NVP(start), CEREAL_NVP(end), CEREAL_NVP(value));
  }
};

/// The result of one window over the whole stream.
template <class Result>
struct windowed<whole_stream, Result> {
  timestamp start{};
  timestamp end{};
  Result value{};

  bool operator==(windowed const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(start), CEREAL_NVP(end), CEREAL_NVP(value));
  }
};

}  // namespace flow
