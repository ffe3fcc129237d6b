#pragma once
// What lies between an inlet's actor and the reader of its source: a bounded buffer. No actors here.
//
// The actor puts in, the task of the source takes out; each is told by a callback when the other has changed something that it
// waits for, and nobody polls. All methods may be called from any thread; callbacks are called without the lock.

#include <charconv>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <flow/error.hpp>
#include <flow/source.hpp>

namespace flow::actors::detail {

template <class T>
class inlet_buffer {
 public:
  inlet_buffer(std::string name, std::size_t capacity) : name_(std::move(name)), capacity_(capacity) {}

  std::string const& name() const { return name_; }

  // ---- the actor's side

  /// Told when there is room again after `put` could not take all, and when nobody will read any more.
  void notify(std::function<void()> room, std::function<void()> unread) {
    std::lock_guard const lock(mutex_);
    room_ = std::move(room);
    unread_ = std::move(unread);
  }
  /// Moves in what there is room for of the records from `first` on; how many that were. None when nobody will read them.
  std::size_t put(std::vector<T>& records, std::size_t first) {
    std::unique_lock lock(mutex_);
    bool const was_empty = records_.empty();
    std::size_t taken = 0;
    for (; !left_ && first + taken < records.size() && records_.size() < capacity_; ++taken) records_.push_back(std::move(records[first + taken]));
    sender_waits_ = first + taken < records.size();
    if (was_empty && taken > 0) wake(lock);
    return taken;
  }
  /// The input ends with what is in the buffer.
  void close() {
    std::unique_lock lock(mutex_);
    if (!std::exchange(closed_, true)) wake(lock);
  }
  /// The source fails.
  void fail(error const& e) {
    std::unique_lock lock(mutex_);
    failure_ = e;
    wake(lock);
  }

  // ---- the reader's side

  /// Throws `flow::error` (usage) when it has had a reader already.
  void attach(std::function<void()> wake) {
    std::lock_guard const lock(mutex_);
    if (std::exchange(has_reader_, true))
      throw error(error_code::usage, "the inlet '" + name_ + "' is read by another job or source already; make an inlet for each");
    wake_ = std::make_shared<std::function<void()> const>(std::move(wake));
  }
  /// Moves records into the batch; nothing when there are none now.
  poll_status take(batch<T>& into) {
    std::unique_lock lock(mutex_);
    if (failure_) throw *failure_;
    for (; into.room() > 0 && !records_.empty(); records_.pop_front()) into.emplace_back(std::move(records_.front()));
    bool const ended = closed_ && records_.empty();
    auto const status = ended ? poll_status::split_end : into.empty() ? poll_status::nothing : poll_status::records;
    if (!into.empty() && std::exchange(sender_waits_, false)) call(lock, room_);
    return status;
  }
  /// There is a reader for each subtask; the split is given to one of them, or to none when the job ends before.
  void add_reader() {
    std::lock_guard const lock(mutex_);
    ++readers_;
  }
  void remove_reader() {
    bool last = false;
    {
      std::lock_guard const lock(mutex_);
      last = --readers_ == 0;
    }
    if (last) leave();
  }
  /// Nobody reads any more, ever.
  void leave() {
    std::unique_lock lock(mutex_);
    wake_.reset();
    records_.clear();
    if (!std::exchange(left_, true)) call(lock, unread_);
  }

 private:
  static void call(std::unique_lock<std::mutex>& lock, std::function<void()> const& f) {
    lock.unlock();  // the callbacks are set once, before anybody calls them
    if (f) f();
  }
  void wake(std::unique_lock<std::mutex>& lock) {
    auto const f = wake_;
    lock.unlock();
    if (f) (*f)();
  }

  std::string const name_;
  std::size_t const capacity_;
  std::mutex mutex_;
  std::deque<T> records_;  // at most capacity_
  std::size_t readers_ = 0;
  bool sender_waits_ = false, closed_ = false, has_reader_ = false, left_ = false;
  std::optional<error> failure_;
  std::function<void()> room_, unread_;
  std::shared_ptr<std::function<void()> const> wake_;
};

/// What the description of an inlet's source shares: when the last copy is gone and no reader was made, nobody will read.
template <class T>
struct inlet_description {
  std::shared_ptr<inlet_buffer<T>> buffer;
  explicit inlet_description(std::shared_ptr<inlet_buffer<T>> b) : buffer(std::move(b)) {}
  inlet_description(inlet_description const&) = delete;
  inlet_description& operator=(inlet_description const&) = delete;
  ~inlet_description() { buffer->leave(); }
};

/// Reads the one split of an inlet. A position counts the records that came out of it, over all runs that continued it.
template <class T>
class inlet_reader final : public reader<T> {
 public:
  explicit inlet_reader(std::shared_ptr<inlet_description<T>> from) : description_(std::move(from)), from_(description_->buffer) { from_->add_reader(); }
  ~inlet_reader() override { from_->remove_reader(); }

  void open(connector_context const& context) override { wake_ = context.wake; }
  void assign(std::uint32_t number, split const& assigned) override {
    if (!assigned.position.empty()) delivered_ = parse(assigned.position);
    from_->attach(wake_);
    split_ = number;
  }
  poll_result poll(batch<T>& into) override {
    if (!split_ || paused_) return {};
    auto const status = from_->take(into);
    delivered_ += into.size();
    return {status, *split_};
  }
  std::string position(std::uint32_t) const override { return std::to_string(delivered_); }
  void seek(std::uint32_t, std::string const& position) override {
    if (parse(position) != delivered_)
      throw error(error_code::usage, "an inlet cannot go back: it stands at record " + std::to_string(delivered_) + " and was to continue at " +
                                         position + "; who sends to it must send again what was not processed, or send from a durable log");
  }
  void pause(std::uint32_t, bool paused) override { paused_ = paused; }

 private:
  static std::uint64_t parse(std::string const& position) {
    std::uint64_t value = 0;
    auto const [end, failure] = std::from_chars(position.data(), position.data() + position.size(), value);
    if (failure != std::errc{} || end != position.data() + position.size())
      throw error(error_code::bad_record, "expected the number of records that an inlet has delivered, found '" + position + "'");
    return value;
  }

  std::shared_ptr<inlet_description<T>> description_;
  std::shared_ptr<inlet_buffer<T>> from_;
  std::function<void()> wake_;
  std::optional<std::uint32_t> split_;
  std::uint64_t delivered_ = 0;
  bool paused_ = false;
};

/// Its one split.
class inlet_enumerator final : public split_enumerator {
 public:
  explicit inlet_enumerator(std::string name) : name_(std::move(name)) {}
  std::vector<split> discover() override { return {{name_, {}}}; }

 private:
  std::string name_;
};

}  // namespace flow::actors::detail
