#pragma once
// Stateless operators that divide a stream: filter and branch.

#include <array>

#include <flow/failures.hpp>
#include <flow/operator/operator.hpp>

namespace flow {

/// Keeps the records for which `f(record)` is true. Works in place where nobody else reads the batch.
template <class T, class F, class Option = detail::fail_at_first>
class filter_operator final : public operator_base {
  using failures = detail::failures<T, Option>;

 public:
  filter_operator(std::string name, F f) : operator_base(std::move(name), 1 + failures::outputs), f_(std::move(f)) {}
  void open() override { failures_.open(*this, 1, context().batch_size); }

 protected:
  void process(batch_ref& b) override {
    std::uint32_t const n = b->size();
    failures_.begin(*b);
    if (!b.unique()) {
      renew<T>(copy_, std::max(n, context().batch_size));
      b->type().append(*copy_, *b, 0, n, false);
      compact(as<T>(*copy_));
      count(n, copy_->size());
      failures_.flush();
      push(0, copy_);
      return;
    }
    compact(as<T>(*b));
    count(n, b->size());
    failures_.flush();
    if (!b->empty()) push(0, b);
  }

 private:
  void count(std::uint32_t all, std::uint32_t kept) {
    counters().processed.add(kept + failures_.taken());
    counters().filtered.add(all - kept - failures_.taken());
  }
  void compact(batch<T>& records) {
    std::uint32_t const n = records.size();
    timestamp* const times = records.has_timestamps() ? records.timestamps().data() : nullptr;
    std::uint64_t* const hashes = records.has_hashes() ? records.hashes().data() : nullptr;
    T* const r = records.data();
    std::uint32_t i = 0, kept = 0;
    auto const keep_from_here = [&] {
      if constexpr (std::is_trivially_copyable_v<T>) {
        // No branch on the predicate: every record is written to where the next kept one belongs.
        if (times && !hashes) {
          for (; i < n; ++i) {
            bool const keep = f_(std::as_const(r[i]));
            r[kept] = r[i];
            times[kept] = times[i];
            kept += keep;
          }
        }
      }
      for (; i < n; ++i) {
        if (!f_(std::as_const(r[i]))) continue;
        if (kept != i) {
          r[kept] = std::move(r[i]);
          if (times) times[kept] = times[i];
          if (hashes) hashes[kept] = hashes[i];
        }
        ++kept;
      }
    };
    for (; i < n; ++i) {  // once, or once more for each that fails
      try {
        keep_from_here();
      } catch (...) {
        if constexpr (failures::diverted) failures_.take(records, i);
        else fail(records, i);
      }
    }
    if constexpr (!std::is_trivially_destructible_v<T>) std::destroy(r + kept, r + n);
    records.set_size(kept);
  }

  F f_;
  batch_ref copy_;
  failures failures_;
};

/// Sends a record to output 0 when `f(record)` is true, else to output 1.
template <class T, class F>
class branch_operator final : public operator_base {
 public:
  branch_operator(std::string name, F f) : operator_base(std::move(name), 2), f_(std::move(f)) {}

 protected:
  void process(batch_ref& b) override {
    std::uint32_t const n = b->size();
    bool const move = b.unique();
    target_.resize(n);
    std::uint32_t i = 0;
    try {
      for (; i < n; ++i) target_[i] = f_(std::as_const(as<T>(*b)[i])) ? 0 : 1;
    } catch (...) {
      fail(*b, i);
    }
    for (auto& o : out_) renew<T>(o, std::max(n, context().batch_size));
    std::array<batch_base*, 2> const to{&*out_[0], &*out_[1]};
    b->type().scatter(*b, 0, n, target_.data(), to, move);
    counters().processed.add(n);
    for (std::size_t port = 0; port < 2; ++port) push(port, out_[port]);
  }

 private:
  F f_;
  std::vector<std::uint16_t> target_;
  batch_ref out_[2];
};

}  // namespace flow
