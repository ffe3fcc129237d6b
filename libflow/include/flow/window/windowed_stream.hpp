#pragma once
// Windows of keyed and whole streams, and what they give.

#include <flow/stream.hpp>
#include <flow/window/aggregates.hpp>
#include <flow/window/partial.hpp>
#include <flow/window/window_operator.hpp>
#include <flow/window/windowed.hpp>

namespace flow {

/// The results of windows over records of type T, and the records that came too late for them.
template <class T, class Result>
class aggregated_stream : public basic_stream<Result, aggregated_stream<T, Result>> {
 public:
  aggregated_stream(detail::stream_end results, node_id late_node)
      : basic_stream<Result, aggregated_stream<T, Result>>(results), late_node_(late_node) {}
  /// Records behind the watermark, whose windows take nothing any more. Where nobody reads them they are counted.
  stream<T> late() const { return stream<T>({this->end().job, late_node_, 1}); }

 private:
  node_id late_node_;
};

namespace detail {

inline void check_window(node& n, window_spec const& spec) {
  n.needs_event_time = true;
  if (spec.size.count() <= 0) n.mistakes.push_back("the window's size must be above 0");
  if (spec.slide.count() <= 0) n.mistakes.push_back("the windows' slide must be above 0");
  if (spec.lateness.count() < 0) n.mistakes.push_back("the allowed lateness must not be negative");
  for (duration const d : {spec.size, spec.slide, spec.offset, -spec.offset, spec.lateness})
    if (d > longest_window) n.mistakes.push_back("size, slide, offset and allowed lateness of windows must be at most 9,000 years");
}

template <class A, class T>
constexpr void check_aggregate() {
  static_assert(aggregate_of<A, T>, "an aggregate needs add(record), merge(other) and result() const, and must be default-made and copyable");
  static_assert(!aggregate_of<A, T> || describable<A>, "an aggregate is state: give it a `serialize` member that names its fields");
}

}  // namespace detail

/// Windows of each key.
template <class T, class Selector>
class windowed_keyed_stream {
 public:
  windowed_keyed_stream(detail::stream_end end, Selector selector, window_spec spec) : end_(end), selector_(std::move(selector)), spec_(spec) {}

  /// One result per key and window: the aggregate A of its records.
  template <class A>
  auto aggregate(std::string name) const {
    detail::check_aggregate<A, T>();
    using input = keyed_input<T, Selector, A>;
    using result = windowed<typename input::key, result_of<A>>;
    bool const named = !name.empty();
    node& n = detail::add_operator<T>(end_, "window", std::move(name));
    detail::must_be_named(n, named);
    detail::check_window(n, spec_);
    n.keyed = true;
    n.outputs = {{&batch_type_of<result>, ""}, {&batch_type_of<T>, "late", false}};
    n.make = [selector = selector_, spec = spec_](node const& self) {
      return std::make_unique<window_operator<input>>(self.name, spec, input{selector});
    };
    return aggregated_stream<T, result>({end_.job, n.id, 0}, n.id);
  }

 private:
  detail::stream_end end_;
  Selector selector_;
  window_spec spec_;
};

/// Windows over the whole stream.
template <class T>
class windowed_whole_stream {
 public:
  windowed_whole_stream(detail::stream_end end, window_spec spec) : end_(end), spec_(spec) {}

  /// One result per window: the aggregate A of all its records.
  template <class A>
  auto aggregate(std::string name) const {
    detail::check_aggregate<A, T>();
    using result = windowed<whole_stream, result_of<A>>;
    bool const named = !name.empty();
    node& part = detail::add_operator<T>(end_, "partial", named ? name + "-partial" : "");
    detail::must_be_named(part, named);
    detail::check_window(part, spec_);
    part.follows_input = true;
    part.outputs = {{&batch_type_of<partial<A>>, ""}, {&batch_type_of<T>, "late", false}};
    part.make = [spec = spec_](node const& self) { return std::make_unique<partial_operator<T, A>>(self.name, spec); };

    node& n = detail::add_operator<partial<A>>({end_.job, part.id, 0}, "window", std::move(name));
    detail::must_be_named(n, named);
    detail::check_window(n, spec_);
    n.parallelism = 1;
    n.merges_all = true;
    n.outputs = {{&batch_type_of<result>, ""}, {&batch_type_of<partial<A>>, "late", false}};
    n.make = [spec = spec_](node const& self) {
      return std::make_unique<window_operator<partial_input<A>>>(self.name, spec, partial_input<A>{});
    };
    return aggregated_stream<T, result>({end_.job, n.id, 0}, part.id);
  }

 private:
  detail::stream_end end_;
  window_spec spec_;
};

template <class T, class Handle>
windowed_whole_stream<T> basic_stream<T, Handle>::window(window_spec const& spec) const {
  return {end_, spec};
}

}  // namespace flow
