#pragma once
// key_by and partition_by: compute, once per record, where it goes.

#include <functional>

#include <flow/operator/operator.hpp>
#include <flow/record/key.hpp>

namespace flow {

template <class F, class T>
using key_of = std::decay_t<std::invoke_result_t<F const&, T const&>>;

/// Fills the batch's hash column with `column_of(record)`; copies the batch first when others read it as well.
template <class T, class F>
class hash_operator final : public operator_base {
 public:
  hash_operator(std::string name, F column_of) : operator_base(std::move(name), 1), column_of_(std::move(column_of)) {}

 protected:
  void process(batch_ref& b) override {
    std::uint32_t const n = b->size();
    counters().processed.add(n);
    if (b.unique()) {
      fill(as<T>(*b));
      push(0, b);
      return;
    }
    renew<T>(copy_, std::max(n, context().batch_size));
    b->type().append(*copy_, *b, 0, n, false);
    fill(as<T>(*copy_));
    push(0, copy_);
  }

 private:
  void fill(batch<T>& records) {
    std::uint64_t* const hashes = records.add_hashes();
    std::uint32_t i = 0;
    try {
      for (std::uint32_t const n = records.size(); i < n; ++i) hashes[i] = column_of_(std::as_const(records[i]));
    } catch (...) {
      fail(records, i);
    }
  }

  F column_of_;
  batch_ref copy_;
};

}  // namespace flow
