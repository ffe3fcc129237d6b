#pragma once
// Runs a job in this process and gives back the totals of its sink.

#include <memory>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>

#include "totals_sink.hpp"

namespace bench {

/// `build(job, into)` describes a job that ends in a `totals_sink` into `into`.
template <class F>
totals run_engine(flow::settings const& settings, F build) {
  auto const into = std::make_shared<shared_totals>();
  flow::job job{"benchmark"};
  build(job, into);
  flow::execute(job, settings);
  return into->get();
}

}  // namespace bench
