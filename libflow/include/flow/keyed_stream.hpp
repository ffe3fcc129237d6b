#pragma once
// Keyed streams.

#include <flow/stream_end.hpp>

namespace flow {

/// A stream divided by a key. What follows sees all records of a key in one subtask.
template <class T, class Selector>
class keyed_stream {
 public:
  keyed_stream(detail::stream_end end, Selector selector) : end_(end), selector_(std::move(selector)) {}
  /// Windows of each key: window/windows.hpp, window/triggered_windows.hpp.
  template <class Spec>
  auto window(Spec const& spec) const;

  /// A function with state and timers per key: see operator/process_function.hpp. Its state is stored under the name. Each
  /// subtask has a copy of `f`.
  template <class F>
  auto process(std::string name, F f) const;
  /// For a function of the records of two streams with keys of one type.
  template <class R, class RightSelector>
  auto connect(keyed_stream<R, RightSelector> const& other) const;
  /// For a function of the records of this stream and of the rules that every subtask is told.
  template <class R, class Other>
  auto connect(basic_stream<R, Other> const& other) const;

  // Joins with a stream whose keys are of the same type: see join/joined_stream.hpp.
  /// Pairs of records whose times are close: `.between(lower, upper)`.
  template <class R, class RightSelector>
  auto interval_join(keyed_stream<R, RightSelector> const& other) const;
  /// Pairs of records that are in one window: tumbling or sliding windows of event time.
  template <class R, class RightSelector, class Spec>
  auto window_join(keyed_stream<R, RightSelector> const& other, Spec const& windows) const;
  /// What both streams have in one window, at once.
  template <class R, class RightSelector, class Spec>
  auto co_group(keyed_stream<R, RightSelector> const& other, Spec const& windows) const;
  /// Each record with the one of `versions` that was valid at its time.
  template <class R, class RightSelector>
  auto temporal_join(keyed_stream<R, RightSelector> const& versions) const;

  /// Each record with what another system knows of its key: async/lookup_join.hpp.
  template <class F, class... Options>
  auto lookup_join(F find, Options... options) const {
    return detail::join_by_lookup<T>(end_, selector_, std::move(find), std::move(options)...);
  }

  detail::connection<T, Selector> connection() const { return {end_, selector_}; }

 private:
  detail::stream_end end_;
  Selector selector_;
};

}  // namespace flow

#include <flow/stream.hpp>
