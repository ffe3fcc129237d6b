#pragma once
// Stateless operators that give one record for one: map and batch_map.

#include <algorithm>
#include <span>

#include <flow/failures.hpp>
#include <flow/operator/operator.hpp>

namespace flow {

namespace detail {

/// Event times stay with the records; key hashes do not, since the key may have changed.
inline void carry_timestamps(batch_base const& from, batch_base& to) {
  if (from.has_timestamps()) std::copy(from.timestamps().begin(), from.timestamps().end(), to.add_timestamps());
}
/// Those of records [first, end), to the last ones of `to`.
inline void carry_timestamps(batch_base const& from, std::uint32_t first, std::uint32_t end, batch_base& to) {
  if (!from.has_timestamps()) return;
  auto const times = from.timestamps();
  std::copy(times.begin() + first, times.begin() + end, to.add_timestamps() + (to.size() - (end - first)));
}

template <class F>
using owned = std::decay_t<F>;

}  // namespace detail

/// Calls `f(record)` for each record.
template <class In, class Out, class F, class Option = detail::fail_at_first>
class map_operator final : public operator_base {
  using failures = detail::failures<In, Option>;

 public:
  map_operator(std::string name, F f) : operator_base(std::move(name), 1 + failures::outputs), f_(std::move(f)) {}
  void open() override { failures_.open(*this, 1, context().batch_size); }

 protected:
  void process(batch_ref& b) override {
    auto const& in = as<In>(*b);
    std::uint32_t const n = in.size();
    auto& out = renew<Out>(out_, std::max(n, context().batch_size));
    failures_.begin(in);
    for (std::uint32_t next = 0; next < n; ++next) next = map_from(in, next, out);
    counters().processed.add(n);
    failures_.flush();
    push(0, out_);
  }

 private:
  /// Maps the records from `first` on to one that fails, or to the end: the number at which it stopped.
  std::uint32_t map_from(batch<In> const& in, std::uint32_t first, batch<Out>& out) {
    std::uint32_t const n = in.size() - first;
    In const* const from = in.data() + first;
    std::uint32_t i = 0;
    try {
      if constexpr (std::is_trivially_copyable_v<Out>) {
        for (Out* const to = out.data() + out.size(); i < n; ++i) to[i] = f_(from[i]);
      } else {
        for (; i < n; ++i) out.emplace_back(f_(from[i]));
      }
    } catch (...) {
      if constexpr (failures::diverted) failures_.take(in, first + i);
      else fail(in, first + i);
    }
    if constexpr (std::is_trivially_copyable_v<Out>) out.set_size(out.size() + i);
    detail::carry_timestamps(in, first, first + i, out);
    return first + i;
  }

  F f_;
  batch_ref out_;
  failures failures_;
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
