#pragma once
// An operator that asks for the squares of numbers; a test answers by hand.

#include <catch2/catch.hpp>

#include "rig.hpp"

namespace rig {

using flow::reply;
using number = std::int64_t;
using numbers = std::vector<number>;

struct squares {
  template <class... Options>
  explicit squares(std::uint32_t batch_size, Options const&... options) : op(stream(options...), batch_size) {}

  template <class... Options>
  auto stream(Options const&... options) {
    auto const ask = [s = s](number n, flow::reply<number> r) { s->ask(n, std::move(r)); };
    return some<number>(job).async("squares", ask, options...);
  }
  /// Answers rightly the request that is the i-th oldest of those open.
  squares& answer(std::size_t i = 0) {
    number const n = s->open.at(i).asked;
    CHECK(s->take(i).answer(n * n));
    op.step();
    return *this;
  }
  squares& fail(std::size_t i, std::string const& reason) {
    CHECK(s->take(i).fail(reason));
    op.step();
    return *this;
  }
  flow::operator_counters const& counters() const { return op.op->counters(); }

  std::shared_ptr<server<number, number>> s = std::make_shared<server<number, number>>();
  flow::job job{"j"};
  alone<number, number> op;
};

/// What the error says that `f` throws.
template <class F>
flow::error error_of(F f) {
  try {
    f();
  } catch (flow::error const& e) {
    return e;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("unreachable");
}

}  // namespace rig
