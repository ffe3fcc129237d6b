#pragma once
// A sink that counts its records and adds up a number of each, as the loops written by hand do.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <flow/sink.hpp>

#include "hand_loops.hpp"

namespace bench {

/// What all subtasks of a sink have published.
class shared_totals {
 public:
  void add(totals const& part) {
    rows_ += part.rows;
    sum_ += part.sum;
  }
  totals get() const { return {rows_, sum_}; }

 private:
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::int64_t> sum_{0};
};

template <class T, class F>
class totals_writer final : public flow::writer<T> {
 public:
  totals_writer(std::shared_ptr<shared_totals> into, F value_of) : into_(std::move(into)), value_of_(value_of) {}
  void write(flow::batch<T> const& records) override {
    totals part;
    for (T const& record : records) part.add(value_of_(record));
    mine_.add(part);
  }
  void publish() override { into_->add(std::exchange(mine_, {})); }

 private:
  std::shared_ptr<shared_totals> into_;
  F value_of_;
  totals mine_;
};

/// Adds `value_of(record)` of every record to `into`.
template <class F>
class totals_sink {
 public:
  totals_sink(std::shared_ptr<shared_totals> into, F value_of) : into_(std::move(into)), value_of_(value_of) {}

  template <class T>
  flow::sink<T> make() const {
    return {[sink = *this] { return std::make_unique<totals_writer<T, F>>(sink.into_, sink.value_of_); }};
  }

 private:
  std::shared_ptr<shared_totals> into_;
  F value_of_;
};

}  // namespace bench
