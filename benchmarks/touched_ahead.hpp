#pragma once
// Makes chunks ready for large tables, as the thread does that a running job has.

#include <semaphore>
#include <thread>

#include <flow/state/chunks.hpp>

#include "compare.hpp"

namespace bench {

struct touched_ahead {
  std::counting_semaphore<> low{0};
  flow::chunk_pool chunks{[this] { low.release(); }};
  std::jthread thread{[this](std::stop_token stop) {
    std::stop_callback const end(stop, [this] { low.release(); });
    while (!stop.stop_requested()) {
      low.acquire();
      while (chunks.prepare_one()) {}
    }
  }};

  /// CPU seconds of that thread.
  double seconds() {
    clockid_t clock{};
    pthread_getcpuclockid(thread.native_handle(), &clock);
    return cpu_seconds(clock);
  }
};

}  // namespace bench
