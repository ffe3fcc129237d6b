#pragma once
// What a sender has put together of one key and slice, on its way to the window of that key.

#include <cstdint>
#include <type_traits>

#include <flow/window/fold.hpp>

namespace flow {

/// A part of a key's aggregate of a slice; its event time is the slice's start.
template <class Key, class A>
struct keyed_partial {
  Key key{};
  A value{};
  std::uint64_t records = 0;  // that it was made of
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(key), CEREAL_NVP(value), CEREAL_NVP(records)); }
};

/// Whether senders may aggregate ahead of the exchange: parts may be merged in any order, which a window function says by
/// `static constexpr bool merges_in_any_order = true`, and a part is no larger than two or three records, with nothing
/// on the heap.
template <class F>
concept pre_aggregates = window_function<F> && requires { requires F::merges_in_any_order; } && !std::is_same_v<typename F::key, whole_stream> &&
                         std::default_initializable<typename F::key> && std::is_trivially_copyable_v<typename F::aggregate> &&
                         sizeof(typename F::aggregate) <= 64;

}  // namespace flow
