#pragma once
// Keyed streams.

#include <flow/operator/process_operator.hpp>
#include <flow/connected_streams.hpp>
#include <flow/stream.hpp>

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
  auto process(std::string name, F f) const {
    using context = keyed_context<key_of<Selector, T>, F>;
    using out = typename detail::callback_output<detail::process_callback, F, T, context>::type;
    using input = detail::process_input<T, Selector, detail::process_callback>;
    return detail::add_process<out, detail::check_process_function<F, T, context>(), F, input>(std::move(name), std::move(f), connection());
  }
  /// For a function of the records of two streams with keys of one type.
  template <class R, class RightSelector>
  auto connect(keyed_stream<R, RightSelector> const& other) const {
    static_assert(std::is_same_v<key_of<Selector, T>, key_of<RightSelector, R>>, "the keys of connected streams must be of one type");
    return connected_streams<T, Selector, R, RightSelector>(connection(), other.connection());
  }
  /// For a function of the records of this stream and of the rules that every subtask is told.
  template <class R, class Other>
  auto connect(basic_stream<R, Other> const& other) const {
    static_assert(std::is_same_v<Other, broadcast_stream<R>>, "a keyed stream is connected with another keyed stream, or with a broadcast one: .connect(rules.broadcast())");
    return stream_with_rules<T, Selector, R>(connection(), other.connection());
  }

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

  detail::connection<T, Selector> connection() const { return {end_, selector_}; }

  /// Each record with what another system knows of its key: async/lookup_join.hpp.
  template <class F, class... Options>
  auto lookup_join(F find, Options... options) const {
    return detail::join_by_lookup<T>(end_, selector_, std::move(find), std::move(options)...);
  }

 private:
  detail::stream_end end_;
  Selector selector_;
};

}  // namespace flow
