#pragma once
// Stateless operators that give one record for one: map and batch_map.

#include <algorithm>
#include <span>

#include <flow/operator/operator.hpp>

namespace flow {

namespace detail {

/// Event times stay with the records; key hashes do not, since the key may have changed.
inline void carry_timestamps(batch_base const& from, batch_base& to) {
  if (from.has_timestamps()) std::copy(from.timestamps().begin(), from.timestamps().end(), to.add_timestamps());
}

template <class F>
using owned = std::decay_t<F>;

}  // namespace detail

/// Calls `f(record)` for each record.
template <class In, class Out, class F>
class map_operator final : public operator_base {
 public:
  map_operator(std::string name, F f) : operator_base(std::move(name), 1), f_(std::move(f)) {}

 protected:
  void process(batch_ref& b) override {
    auto const& in = as<In>(*b);
    std::uint32_t const n = in.size();
    auto& out = renew<Out>(out_, std::max(n, context().batch_size));
    std::uint32_t i = 0;
    try {
      if constexpr (std::is_trivially_copyable_v<Out>) {
        Out* const to = out.data();
        for (In const* const from = in.data(); i < n; ++i) to[i] = f_(from[i]);
        out.set_size(n);
      } else {
        for (; i < n; ++i) out.emplace_back(f_(in[i]));
      }
    } catch (...) {
      fail(in, i);
    }
    detail::carry_timestamps(in, out);
    counters().processed.add(n);
    push(0, out_);
  }

 private:
  F f_;
  batch_ref out_;
};

/// Calls `f(std::span<In const>, std::span<Out>)` once per batch; both spans have the same length.
template <class In, class Out, class F>
class batch_map_operator final : public operator_base {
 public:
  batch_map_operator(std::string name, F f) : operator_base(std::move(name), 1), f_(std::move(f)) {}

 protected:
  void process(batch_ref& b) override {
    auto const& in = as<In>(*b);
    std::uint32_t const n = in.size();
    auto& out = renew<Out>(out_, std::max(n, context().batch_size));
    for (std::uint32_t i = 0; i < n; ++i) out.emplace_back();
    try {
      f_(std::span<In const>(in.data(), n), std::span<Out>(out.data(), n));
    } catch (...) {
      fail("it was called for " + std::to_string(n) + " records, the first of them " + in.type().print(in, 0));
    }
    detail::carry_timestamps(in, out);
    counters().processed.add(n);
    push(0, out_);
  }

 private:
  F f_;
  batch_ref out_;
};

}  // namespace flow
