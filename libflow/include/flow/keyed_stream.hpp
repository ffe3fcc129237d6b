#pragma once
// Keyed streams.

#include <flow/operator/keyed_process.hpp>
#include <flow/stream.hpp>

namespace flow {

template <class T, class Selector>
class windowed_keyed_stream;

/// A stream divided by a key. What follows sees all records of a key in one subtask.
template <class T, class Selector>
class keyed_stream {
 public:
  keyed_stream(detail::stream_end end, Selector selector) : end_(end), selector_(std::move(selector)) {}
  /// Event-time windows of each key.
  windowed_keyed_stream<T, Selector> window(window_spec const& spec) const { return {end_, selector_, spec}; }

  /// A function with state and timers per key: see operator/process_function.hpp. Its state is stored under the name. Each
  /// subtask has a copy of `f`.
  template <class F>
  auto process(std::string name, F f) const {
    using context = keyed_context<key_of<Selector, T>, F>;
    using out = typename detail::process_output<F, T, context>::type;
    bool const named = !name.empty();
    node& n = detail::add_operator<T>(end_, "process", std::move(name));
    detail::must_be_named(n, named);
    n.keyed = true;
    n.outputs = {{&batch_type_of<out>, ""}};
    if constexpr (detail::check_process_function<F, T, context>())
      n.make = [selector = selector_, f](node const& self) {
        return std::make_unique<keyed_process_operator<T, Selector, F>>(self.name, selector, f, detail::sides_of(self));
      };
    return stream<out>({end_.job, n.id, 0});
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

 private:
  template <class, class>
  friend class keyed_stream;
  detail::stream_end end_;
  Selector selector_;
};

}  // namespace flow
