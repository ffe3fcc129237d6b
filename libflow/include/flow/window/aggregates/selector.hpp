#pragma once
// What a ready aggregate is of: a template argument that says which value of a record.
//
//     flow::sum<&trade::cents>                                             a member
//     flow::sum<&trade::turnover>                                          a member function without parameters, const
//     flow::sum<[](trade const& t) { return t.cents * t.pieces; }>         a function of the record, or a lambda without captures

#include <functional>
#include <type_traits>

namespace flow::detail {

template <class Call>
struct call_traits;
template <class L, class T, class V>
struct call_traits<V (L::*)(T) const> { using owner = std::decay_t<T>; using value = std::decay_t<V>; };

template <class S>
struct selector_traits : call_traits<decltype(&S::operator())> {};
template <class C, class V>
struct selector_traits<V C::*> { using owner = C; using value = V; };
template <class C, class V>
struct selector_traits<V (C::*)() const> { using owner = C; using value = std::decay_t<V>; };
template <class C, class V>
struct selector_traits<V (C::*)() const noexcept> { using owner = C; using value = std::decay_t<V>; };
template <class T, class V>
struct selector_traits<V (*)(T)> { using owner = std::decay_t<T>; using value = std::decay_t<V>; };

template <auto Selector>
using owner_of = typename selector_traits<std::remove_const_t<decltype(Selector)>>::owner;
template <auto Selector>
using value_of = typename selector_traits<std::remove_const_t<decltype(Selector)>>::value;

template <auto Selector>
constexpr decltype(auto) selected(owner_of<Selector> const& record) { return std::invoke(Selector, record); }

}  // namespace flow::detail
