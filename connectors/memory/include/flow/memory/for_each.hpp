#pragma once
// A sink that calls a function.
//
//     alerts.sink("page", flow::memory::for_each([](alert const& a) { page(a); }))
//
// The function is called once per record as it is written, before anything is published: after a failure and a restore
// it may be called again for the same record. All subtasks call the same function object, at the same time when there
// are several: it must be thread-safe, or the sink have `.with_parallelism(1)`. It must not wait. What it throws fails
// the job.

#include <concepts>
#include <memory>
#include <utility>

#include <flow/sink.hpp>

namespace flow::memory {

template <class T, class F>
class for_each_writer final : public writer<T> {
 public:
  explicit for_each_writer(std::shared_ptr<F> f) : f_(std::move(f)) {}
  void write(batch<T> const& records) override {
    for (T const& record : records) (*f_)(record);
  }

 private:
  std::shared_ptr<F> f_;
};

/// A sink for records of every type that the function takes.
template <class F>
class for_each_sink {
 public:
  explicit for_each_sink(F f) : f_(std::make_shared<F>(std::move(f))) {}

  template <class T>
    requires std::invocable<F&, T const&>
  sink<T> make() const {
    return {[f = f_] { return std::make_unique<for_each_writer<T, F>>(f); }};
  }

 private:
  std::shared_ptr<F> f_;
};

template <class F>
for_each_sink<F> for_each(F f) {
  return for_each_sink<F>(std::move(f));
}

}  // namespace flow::memory
