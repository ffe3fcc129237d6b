#pragma once
// Look-up join: each record of a stream with what another system knows of its key.
//
//     orders.key_by(&order::customer)
//         .lookup_join(find_customer, flow::cache(100'000, 5min), flow::timeout(2s))      // void find(std::string const&, flow::reply<customer>)
//         .left_outer()
//         .select("enriched", [](order const& o, customer const* c) { return enriched{...}; });
//
// An answer is a row, several rows, or none (`reply.answer_none()`): the result has one record per row. A record without a row
// is dropped and counted as filtered; with `left_outer` it joins null. Options are those of `stream.async`, and `cache`. On a keyed
// stream each key is asked for, and cached, in one subtask; `stream.lookup_join(key, find, ...)` does without the exchange.

#include <tuple>

#include <flow/async/async_stream.hpp>

namespace flow {

template <class T, class Selector, class F, bool outer, class... Options>
class lookup_joined {
  using row = typename detail::answer_type<F>::type;

 public:
  lookup_joined(detail::stream_end end, Selector key, F find, std::tuple<Options...> options)
      : end_(end), key_(std::move(key)), find_(std::move(find)), options_(std::move(options)) {}

  /// Keeps the records for whose key there is no row.
  lookup_joined<T, Selector, F, true, Options...> left_outer() const { return {end_, key_, find_, options_}; }

  /// Makes a record of the result: `f(record, row)`; after `left_outer`, `f(record, pointer to row)`, null where there is none.
  /// What waits for answers is stored under the name.
  template <class Select>
  auto select(std::string name, Select f) const {
    constexpr bool right = std::is_invocable_v<Select&, T const&, std::conditional_t<outer, row const*, row const&>>;
    static_assert(outer || right, "select needs a function of a record and a row: Out f(T const&, Row const&)");
    static_assert(!outer || right, "after left_outer, select needs a function of a record and a row or null: Out f(T const&, Row const*)");
    if constexpr (right) {
      using request = detail::key_request<T, Selector, F, Select, outer>;
      return std::apply([&](auto const&... o) { return detail::add_requests<T>(end_, "lookup_join", std::move(name), request(key_, find_, f), o...); }, options_);
    } else {
      return stream<T>(end_);
    }
  }

 private:
  detail::stream_end end_;
  Selector key_;
  F find_;
  std::tuple<Options...> options_;
};

namespace detail {

template <class T, class Selector, class F, class... Options>
auto join_by_lookup(stream_end const& end, Selector key, F find, Options... options) {
  using key_type_of_join = key_of<Selector, T>;
  static_assert(asks_for<F, key_type_of_join>,
                "lookup_join needs a function of a key and the right to answer, which names the row: void f(Key const&, flow::reply<Row>)");
  static_assert(check_asking_function<F, Options...>());
  return lookup_joined<T, Selector, F, false, Options...>(end, std::move(key), std::move(find), std::tuple(std::move(options)...));
}

}  // namespace detail

template <class T, class Handle>
template <class Selector, class F, class... Options>
auto basic_stream<T, Handle>::lookup_join(Selector key, F find, Options... options) const {
  static_assert(std::is_invocable_v<Selector const&, T const&>, "lookup_join needs a member or a function of a record that gives its key");
  static_assert(key_type<key_of<Selector, T>>, "a key must be comparable with == and describable; floating point, views and pointers are no keys");
  return detail::join_by_lookup<T>(end_, std::move(key), std::move(find), std::move(options)...);
}

}  // namespace flow
