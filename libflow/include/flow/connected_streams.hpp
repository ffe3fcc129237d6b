#pragma once
// Two streams whose records one process function takes: see operator/process_function.hpp.
//
// The function is called for the records of either as they come, in no particular order between the two; it never has to
// wait for one of them. The watermark is the lower one; a stream without event time does not hold it back.

#include <flow/operator/process_operator.hpp>
#include <flow/stream.hpp>

namespace flow {

namespace detail {

/// How the next operator takes the records of a stream.
template <class T, class Selector>
struct connection {
  stream_end end;
  Selector select;
};

/// Adds a process operator that takes `in`, each by the member that its Input names.
template <class Out, bool Valid, class F, class... Inputs, class... T, class... Selector>
stream<Out> add_process(std::string name, F f, connection<T, Selector> const&... in) {
  stream_end const first = std::get<0>(std::tie(in...)).end;
  bool const named = !name.empty();
  node& n = first.job->add("process", std::move(name));
  must_be_named(n, named);
  n.keyed = (!std::is_same_v<Selector, no_key> || ...);
  n.joins_inputs = sizeof...(in) > 1;
  n.outputs = {{&batch_type_of<Out>, ""}};
  auto const read = [&](stream_end const& end) {
    if (end.job == first.job) n.inputs.push_back(end.to_edge());
    else n.mistakes.push_back("the streams belong to two jobs; connect streams of one");
  };
  (read(in.end), ...);
  if constexpr (Valid)
    n.make = [f, ... select = in.select](node const& self) {
      return std::make_unique<process_operator<F, Inputs...>>(self.name, f, sides_of(self), Inputs{select}...);
    };
  return stream<Out>({first.job, n.id, 0});
}

}  // namespace detail

/// Two streams, both divided by a key of one type or both not. State and timers belong to the key, whichever side a record is of.
template <class Left, class LeftSelector, class Right, class RightSelector>
class connected_streams {
  using left = detail::process_input<Left, LeftSelector, detail::process_left_callback>;
  using right = detail::process_input<Right, RightSelector, detail::process_right_callback>;

 public:
  connected_streams(detail::connection<Left, LeftSelector> l, detail::connection<Right, RightSelector> r) : left_(std::move(l)), right_(std::move(r)) {}

  /// A function with `process_left` and `process_right`. Its state is stored under the name; each subtask has a copy of `f`.
  template <class F>
  auto process(std::string name, F f) const {
    using context = typename detail::context_for<typename left::key, F>::type;
    using out = typename detail::callback_output<detail::process_left_callback, F, Left, context>::type;
    constexpr bool valid = detail::check_two_inputs<F, detail::process_left_callback, Left, context, detail::process_right_callback, Right, context>();
    return detail::add_process<out, valid, F, left, right>(std::move(name), std::move(f), left_, right_);
  }

 private:
  detail::connection<Left, LeftSelector> left_;
  detail::connection<Right, RightSelector> right_;
};

/// A stream and a broadcast one, such as records and the rules that they are checked against.
template <class Record, class Selector, class Rule>
class stream_with_rules {
  using record = detail::process_input<Record, Selector, detail::process_record_callback>;
  using rule = detail::process_input<Rule, detail::no_key, detail::process_rule_callback>;

 public:
  stream_with_rules(detail::connection<Record, Selector> records, detail::connection<Rule, detail::no_key> rules)
      : records_(std::move(records)), rules_(std::move(rules)) {}

  /// A function with `process_record`, and with `process_rule`, which all subtasks call for every rule and which alone may
  /// change broadcast state. Its state is stored under the name; each subtask has a copy of `f`.
  template <class F>
  auto process(std::string name, F f) const {
    using context = typename detail::context_for<typename record::key, F>::type;
    using out = typename detail::callback_output<detail::process_record_callback, F, Record, context>::type;
    constexpr bool valid = detail::check_two_inputs<F, detail::process_record_callback, Record, context, detail::process_rule_callback, Rule, rule_context<F>>();
    return detail::add_process<out, valid, F, record, rule>(std::move(name), std::move(f), records_, rules_);
  }

 private:
  detail::connection<Record, Selector> records_;
  detail::connection<Rule, detail::no_key> rules_;
};

template <class T, class Handle>
template <class F>
auto basic_stream<T, Handle>::process(std::string name, F f) const {
  using context = process_context<F>;
  using out = typename detail::callback_output<detail::process_callback, F, T, context>::type;
  using input = detail::process_input<T, detail::no_key, detail::process_callback>;
  return detail::add_process<out, detail::check_process_function<F, T, context>(), F, input>(std::move(name), std::move(f), connection());
}

template <class T, class Handle>
template <class R, class Other>
auto basic_stream<T, Handle>::connect(basic_stream<R, Other> const& other) const {
  if constexpr (std::is_same_v<Other, broadcast_stream<R>>)
    return stream_with_rules<T, detail::no_key, R>(connection(), other.connection());
  else
    return connected_streams<T, detail::no_key, R, detail::no_key>(connection(), other.connection());
}

template <class T, class Selector>
template <class F>
auto keyed_stream<T, Selector>::process(std::string name, F f) const {
  using context = keyed_context<key_of<Selector, T>, F>;
  using out = typename detail::callback_output<detail::process_callback, F, T, context>::type;
  using input = detail::process_input<T, Selector, detail::process_callback>;
  return detail::add_process<out, detail::check_process_function<F, T, context>(), F, input>(std::move(name), std::move(f), connection());
}

template <class T, class Selector>
template <class R, class RightSelector>
auto keyed_stream<T, Selector>::connect(keyed_stream<R, RightSelector> const& other) const {
  static_assert(std::is_same_v<key_of<Selector, T>, key_of<RightSelector, R>>, "the keys of connected streams must be of one type");
  return connected_streams<T, Selector, R, RightSelector>(connection(), other.connection());
}

template <class T, class Selector>
template <class R, class Other>
auto keyed_stream<T, Selector>::connect(basic_stream<R, Other> const& other) const {
  static_assert(std::is_same_v<Other, broadcast_stream<R>>, "a keyed stream is connected with another keyed stream, or with a broadcast one: .connect(rules.broadcast())");
  return stream_with_rules<T, Selector, R>(connection(), other.connection());
}

}  // namespace flow
