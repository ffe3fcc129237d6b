#pragma once
// A pool of memory for large state, with a thread that makes chunks ready when it runs low. The thread starts the first
// time that happens: a job whose state stays small has none.

#include <condition_variable>
#include <mutex>
#include <thread>

#include <flow/state/chunks.hpp>

namespace flow {

class chunk_keeper {
 public:
  chunk_pool& chunks() { return chunks_; }

 private:
  void wake() {
    {
      std::lock_guard const guard(lock_);
      low_ = true;
      if (!thread_.joinable()) thread_ = std::jthread([this](std::stop_token stop) { work(stop); });
    }
    changed_.notify_one();
  }
  void work(std::stop_token const& stop) {
    std::unique_lock guard(lock_);
    while (changed_.wait(guard, stop, [this] { return std::exchange(low_, false); })) {
      guard.unlock();
      try {
        while (!stop.stop_requested() && chunks_.prepare_one()) {}
      } catch (std::bad_alloc const&) {}  // whoever needs the memory is told
      guard.lock();
    }
  }

  chunk_pool chunks_{[this] { wake(); }};
  std::mutex lock_;
  std::condition_variable_any changed_;
  bool low_ = false;
  std::jthread thread_;
};

}  // namespace flow
