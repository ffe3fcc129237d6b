#pragma once
// How many messages of an outlet are unanswered, shared by its writer and the actor that sends for it. No actors here.

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <flow/error.hpp>

namespace flow::actors::detail {

/// All methods may be called from any thread. `wake` is called when there is room again, when the last answer has come, and
/// on a failure.
class outlet_window {
 public:
  outlet_window(std::uint32_t most, std::function<void()> wake) : most_(most), wake_(std::move(wake)) {}

  /// A failure counts as room: the next write shall report it.
  bool room() const {
    std::lock_guard const lock(mutex_);
    return failure_ || unanswered_ < most_;
  }
  std::uint32_t unanswered() const {
    std::lock_guard const lock(mutex_);
    return unanswered_;
  }
  void check() const {
    std::lock_guard const lock(mutex_);
    if (failure_) throw *failure_;
  }
  void sent() {
    std::lock_guard const lock(mutex_);
    ++unanswered_;
  }
  void answered() {
    std::unique_lock lock(mutex_);
    bool const news = unanswered_-- == most_ || unanswered_ == 0;
    lock.unlock();
    if (news) wake_();
  }
  /// The first failure counts.
  void fail(error_code code, std::string const& text) {
    std::unique_lock lock(mutex_);
    if (failure_) return;
    failure_.emplace(code, text + (unanswered_ > 0 ? "; messages not answered: " + std::to_string(unanswered_) : ""));
    lock.unlock();
    wake_();
  }

 private:
  std::uint32_t const most_;
  std::function<void()> const wake_;
  mutable std::mutex mutex_;
  std::uint32_t unanswered_ = 0;  // at most most_
  std::optional<error> failure_;
};

}  // namespace flow::actors::detail
