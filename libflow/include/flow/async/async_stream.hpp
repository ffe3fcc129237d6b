#pragma once
// What comes out of requests to the outside, and how `stream.async` makes them.
//
//     auto enriched = orders.async("enrich", find, flow::unordered, flow::timeout(2s), flow::divert_failures);
//     enriched.sink("out", ...);
//     enriched.failed().sink("failed", ...);       // stream of flow::failed_record<order>

#include <flow/async/async_operator.hpp>
#include <flow/stream.hpp>

namespace flow {

/// The answers to requests for records of type T, and the records to whose requests there was none.
template <class T, class Out>
class async_stream : public basic_stream<Out, async_stream<T, Out>> {
 public:
  using basic_stream<Out, async_stream<T, Out>>::basic_stream;
  /// With `divert_failures`: the records whose requests failed for good, with the reason. Where nobody reads them they are counted.
  stream<failed_record<T>> failed() const {
    node& n = this->own();
    bool const diverts = n.outputs.size() == 2;
    if (!diverts) n.mistakes.push_back("its failed records are asked for, but it fails at the first; say flow::divert_failures");
    return stream<failed_record<T>>({this->end().job, n.id, diverts ? 1u : 0u});
  }
};

namespace detail {

template <class T, class A, class... Options>
std::function<A(failed_record<T> const&)> fallback_of(Options const&... options) {
  std::function<A(failed_record<T> const&)> found;
  [[maybe_unused]] auto const look_at = [&](auto const& option) {
    if constexpr (requires { option.function; }) {
      static_assert(std::is_invocable_r_v<A, decltype(option.function)&, failed_record<T> const&>,
                    "default_answer needs a function that gives an answer: Out f(flow::failed_record<T> const&), with the Out of flow::reply<Out>");
      found = option.function;
    }
  };
  (look_at(options), ...);
  return found;
}

/// Adds the node of an asynchronous operator. `make(self, options, fallback)` makes the operator.
template <class T, class Request, class... Options>
async_stream<T, typename Request::out> add_requests(stream_end const& from, std::string kind, std::string name, Request const& request, Options const&... given) {
  using out = typename Request::out;
  static_assert(describable<T>, "records that wait for an answer are state: give them a `serialize` member that names their fields");
  async_options options;
  (given.apply(options), ...);
  bool const named = !name.empty();
  node& n = add_operator<T>(from, std::move(kind), std::move(name));
  must_be_named(n, named);
  n.outputs = {{&batch_type_of<out>, ""}};
  if (options.divert) n.outputs.push_back({&batch_type_of<failed_record<T>>, "failed", false});
  n.mistakes = options.mistakes();
  auto instead = fallback_of<T, typename Request::answer>(given...);
  if (options.divert && instead) n.mistakes.push_back("divert_failures and default_answer exclude each other; leave one of them out");
  n.make = [request, options, instead](node const& self) {
    return std::make_unique<async_operator<Request>>(self.name, request, options, instead);
  };
  return async_stream<T, out>({from.job, n.id, 0});
}

}  // namespace detail

template <class T, class Handle>
template <class F, class... Options>
auto basic_stream<T, Handle>::async(std::string name, F f, Options... options) const {
  static_assert(detail::asks_for<F, T>,
                "async needs a function of a record and the right to answer, which names its output: void f(T const&, flow::reply<Out>)");
  using out = typename detail::answer_type<F>::type;
  if constexpr (detail::asks_for<F, T> && detail::check_asking_function<F, Options...>()) {
    auto result = detail::add_requests<T>(end_, "async", std::move(name), detail::direct_request<T, F>(std::move(f)), options...);
    static_assert(!(std::is_same_v<Options, cache> || ...), "an answer of async belongs to its record; lookup_join asks by key, and has a cache");
    return result;
  } else {
    return async_stream<T, out>(end_);
  }
}

}  // namespace flow

#include <flow/async/lookup_join.hpp>
