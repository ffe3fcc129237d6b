#pragma once
// What comes out of requests to the outside, and how `stream.async` makes them.
//
//     auto enriched = orders.async("enrich", find, flow::unordered, flow::timeout(2s), flow::divert_failures);
//     enriched.sink("out", ...);
//     enriched.failed().sink("failed", ...);       // stream of flow::failed_record<order>

#include <flow/async/async_operator.hpp>
#include <flow/stream.hpp>

namespace flow {

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
stream_with_failures<T, typename Request::out> add_requests(stream_end const& from, std::string kind, std::string name, Request const& request, Options const&... given) {
  using out = typename Request::out;
  static_assert(describable<T>, "records that wait for an answer are state: give them a `serialize` member that names their fields");
  async_options options;
  (given.apply(options), ...);
  bool const named = !name.empty();
  node& n = add_operator<T>(from, std::move(kind), std::move(name));
  must_be_named(n, named);
  n.outputs = {{&batch_type_of<out>, ""}};
  if (options.divert) divert_failures_of<T>(n);
  n.mistakes = options.mistakes();
  auto instead = fallback_of<T, typename Request::answer>(given...);
  if (options.divert && instead) n.mistakes.push_back("divert_failures and default_answer exclude each other; leave one of them out");
  n.make = [request, options, instead](node const& self) {
    return std::make_unique<async_operator<Request>>(self.name, request, options, instead);
  };
  return stream_with_failures<T, out>({from.job, n.id, 0});
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
    return stream_with_failures<T, out>(end_);
  }
}

}  // namespace flow

#include <flow/async/lookup_join.hpp>
