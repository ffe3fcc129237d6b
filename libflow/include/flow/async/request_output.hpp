#pragma once
// What leaves an asynchronous operator: results, and where failures are diverted, the records that failed; both with the
// time of their record.

#include <utility>

#include <flow/async/async_options.hpp>
#include <flow/operator/output.hpp>

namespace flow::detail {

template <class T, class Out>
class request_output {
 public:
  void open(operator_base& owner, bool diverts, std::uint32_t batch_size) {
    counters_ = &owner.counters();
    diverts_ = diverts;
    results_.attach(owner, 0, batch_size);
    if (diverts) failed_.attach(owner, 1, batch_size);
  }
  /// Emits by `give(output)`, which says whether the record was used: otherwise it was left out on purpose.
  template <class Give>
  void give(bool stamped, Give give) {
    begin(stamped);
    (give(results_) ? processed_ : filtered_) += 1;
  }
  void divert(bool stamped, failed_record<T> record, timestamp at) {
    begin(stamped);
    failed_.emit(std::move(record), at);
    counters_->bad.add(1);
    ++processed_;
  }
  void flush() {
    results_.flush();
    if (diverts_) failed_.flush();
    counters_->processed.add(std::exchange(processed_, 0));
    counters_->filtered.add(std::exchange(filtered_, 0));
  }

 private:
  void begin(bool stamped) {
    if (stamped == stamped_) return;
    flush();
    stamped_ = stamped;
    results_.begin(stamped);
    if (diverts_) failed_.begin(stamped);
  }

  operator_counters* counters_ = nullptr;
  bool diverts_ = false;
  output<Out> results_;
  output<failed_record<T>> failed_;
  bool stamped_ = false;
  std::uint64_t processed_ = 0, filtered_ = 0;
};

}  // namespace flow::detail
