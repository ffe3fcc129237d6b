// Windows computed from slices, of keys and of whole streams, and aggregates of all kinds.

#include <catch2/catch.hpp>

#include <flow/flow.hpp>

#include "recovery/attack.hpp"

namespace {

using namespace flow;
using namespace flow::testing;
using namespace std::chrono_literals;

template <class Windowed>
row hashed(Windowed const& r) {
  auto const value = encode_value(r.value);
  return {r.key, static_cast<std::int64_t>(hash_of(std::string(reinterpret_cast<char const*>(value.data()), value.size())) >> 8), r.end.time_since_epoch().count()};
}
template <class Windowed>
row whole(Windowed const& r) { return {0, static_cast<std::int64_t>(r.value), r.end.time_since_epoch().count()}; }

/// Adds what a window has to one record, whatever the order.
void add_up(window_of<std::uint32_t> const& w, std::span<click const> all, output<row>& out) {
  std::int64_t sum = 0;
  for (auto const& c : all) sum += c.amount * (c.id + 1);
  out.emit(row{w.key, sum, w.end.time_since_epoch().count()});
}

void build(job& j, world& w, inputs const& in) {
  auto all = left(j, w, in);
  auto by_user = all.key_by(&click::user);
  by_user.window(sliding_windows(200us, 50us)).aggregate<sum<&click::amount>>("sums").map([](auto const& r) { return row_of(r); }).sink("sums-out", w.sink("sums-out"));
  by_user.window(tumbling_windows(100us)).process("records", [&w](auto const& window, std::span<click const> records, output<row>& out) {
    w.user("window");
    add_up(window, records, out);
  }).sink("records-out", w.sink("records-out"));
  by_user.window(tumbling_windows(150us, 20us)).aggregate<top<3, &click::amount>>("top").map([](auto const& r) { return hashed(r); }).sink("top-out", w.sink("top-out"));
  by_user.window(sliding_windows(300us, 100us)).aggregate<distinct_count<&click::amount>>("distinct").map([](auto const& r) { return row_of(r); }).sink("distinct-out", w.sink("distinct-out"));
  by_user.window(tumbling_windows(200us)).aggregate<quantiles<500, 900, &click::amount>>("quantiles").map([](auto const& r) { return hashed(r); }).sink("quantiles-out", w.sink("quantiles-out"));
  all.window(sliding_windows(100us, 50us)).aggregate<sum<&click::amount>>("total").map([](auto const& r) { return whole(r); }).sink("total-out", w.sink("total-out"));
  all.window(tumbling_windows(60us)).reduce("largest", [](click const& a, click const& b) {
       return std::tie(a.amount, a.id) > std::tie(b.amount, b.id) ? a : b;
     }).map([](auto const& r) { return row{r.value.user, r.value.id, r.end.time_since_epoch().count()}; }).sink("largest-out", w.sink("largest-out"));
}

}  // namespace

TEST_CASE("windows of slices give each result once, wherever a job is disturbed") { attack({build}); }
