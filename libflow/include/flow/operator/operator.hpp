#pragma once
// The base of all operators: one instance per subtask, run by one task, never concurrently.
//
// An operator takes batches through `process`, may hold back more output than its receivers take now, and keeps all it
// remembers between batches in declared state (`operator_context::state`). Time-ordered work follows the watermark.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <flow/error.hpp>
#include <flow/metric/user_metrics.hpp>
#include <flow/operator/receiver.hpp>
#include <flow/state/operator_state.hpp>

namespace flow {

class operator_base;
struct connector_context;  // flow/source.hpp

/// Asks a task from any thread to look at one of its operators; may outlive both.
class doorbell {
 public:
  explicit doorbell(std::function<void()> wake) : wake_(std::move(wake)) {}
  void ring() {
    rung_.store(true, std::memory_order_release);
    wake_();
  }
  bool rung() const { return rung_.load(std::memory_order_relaxed); }
  /// Whether it was rung since this was asked last; what was done before it was rung is then visible.
  bool answer() { return rung_.exchange(false, std::memory_order_acquire); }

 private:
  std::atomic<bool> rung_{false};
  std::function<void()> wake_;
};

/// Which operator of a task is at work: read by the watchdog and by error reports.
struct activity {
  std::atomic<operator_base const*> current{nullptr};
};

/// What an operator learns when it starts.
struct operator_context {
  std::uint32_t subtask = 0;
  std::uint32_t parallelism = 1;
  std::uint32_t max_parallelism = 128;
  std::uint32_t batch_size = 1024;
  /// Bytes that one call of a user function may emit beyond what the receivers take.
  std::size_t max_call_output = 64 << 20;
  /// Whether the records that the operator gives have event times.
  bool has_event_time = true;
  /// Whether the job has checkpoints, and which start of the job this is.
  bool checkpoints = false;
  std::uint64_t attempt = 1;
  flow::clock const* clock = nullptr;
  flow::activity* activity = nullptr;
  /// Where large state takes its memory from; may be null.
  chunk_pool* chunks = nullptr;
  /// Where keyed state is put that does not fit into memory; null: all of it is in memory.
  state_backend* backend = nullptr;
  /// Makes the task look at this operator again; callable from any thread.
  std::function<void()> wake = [] {};
};

class operator_base : public receiver {
 public:
  operator_base(std::string name, std::size_t outputs) : outputs_(outputs), name_(std::move(name)) {}

  std::string const& name() const { return name_; }
  operator_counters& counters() { return counters_; }
  operator_counters const& counters() const { return counters_; }
  user_metrics& metrics() { return metrics_; }
  user_metrics const& metrics() const { return metrics_; }
  operator_state& state() { return state_; }
  operator_state const& state() const { return state_; }
  output_port& port(std::size_t index) { return outputs_[index]; }
  std::size_t ports() const { return outputs_.size(); }

  void start(operator_context const& context);
  /// Declares state and prepares; called once before the first batch.
  virtual void open() {}

  void receive(batch_ref& b) final { receive_from(0, b); }
  /// Takes a batch of one of several inputs, numbered as the graph's node has them.
  void receive_from(std::uint32_t input, batch_ref& b);
  /// The lowest over all inputs.
  void watermark(timestamp w) override { forward_watermark(w); }
  void idle() override;
  void pass(barrier const& b) final { for (auto& o : outputs_) o.pass(b); }
  /// Brings declared state up to date where it is not always, or gives out what is in none; a checkpoint is about to be cut.
  virtual void settle_state() {}
  /// Takes out of memory what its state has there too much of, if nothing refers to that. The task calls it between batches.
  void make_room() {
    if (state_.fills_memory() && !refers_to_state()) [[unlikely]] take_out_of_memory();
  }
  void end() override { for (auto& o : outputs_) o.end(); }
  bool ready() const override { return !suspended_ && outputs_ready(); }

  /// Whether output is held back that did not fit; `resume` continues it.
  bool suspended() const { return suspended_; }
  /// Continues held-back output while the receivers take it. The task calls it from the end of the chain to its start.
  void resume();
  /// Whether it waits for its receivers; otherwise `resume` goes on at once.
  bool waits() const { return !held_.empty() || !outputs_ready(); }
  /// Whether all that is held back is in declared state, so that a barrier may pass now. Of a firing under way it is not: a barrier
  /// waits until that is complete, so that all subtasks have fired up to the same watermark in a checkpoint.
  virtual bool may_pass_barrier() const { return !suspended_; }
  /// Whether the end of the input may pass: nothing is awaited from outside.
  virtual bool may_end() const { return !suspended_; }

  /// When the task has to look at this operator, of the clock's `now`.
  std::chrono::nanoseconds next_look() const { return next_look_; }
  bool look_is_due(std::chrono::nanoseconds now) const { return (now >= next_look_ || (bell_ && bell_->rung())) && !suspended_ && outputs_ready(); }
  void look_now(std::chrono::nanoseconds now);

 protected:
  virtual void process(batch_ref& b) = 0;
  /// Of an operator that tells its inputs apart.
  virtual void process_from(std::uint32_t, batch_ref& b) { process(b); }
  /// What `look_at` or the bell asked for. May push and suspend. Due once: ask again for more.
  virtual void look(std::chrono::nanoseconds) {}
  /// Continues what `suspend` was said for; true when there is nothing left. Batches held back have gone before.
  virtual bool continue_output() { return true; }

  bool outputs_ready() const {
    for (auto const& o : outputs_)
      if (!o.ready()) return false;
    return true;
  }
  void suspend() { suspended_ = true; }
  /// Has `look` called at this time of the clock or soon after; the last word counts.
  void look_at(std::chrono::nanoseconds when) { next_look_ = when; }
  static constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();
  /// What other threads have `look` called with. For `open` and later.
  std::shared_ptr<doorbell> const& bell();
  /// Hands a batch on and makes `b` an empty one. What the receivers do not take now is held back: the operator is then
  /// suspended, and its task resumes it later.
  void push(std::size_t port, batch_ref& b) {
    if (held_.empty() && outputs_[port].ready()) [[likely]] outputs_[port].push(b, counters_);
    else hold_back(port, b);
    pushed_ = true;
    ++pushes_;
  }
  /// Whether batches are held back, which no state describes.
  bool holds_batches() const { return !held_.empty(); }
  /// Whether to go on: false when the receivers take no more, or when this call has pushed so much that the task should look
  /// at control first; then `suspend`. Looks only when something has been pushed since it was asked last, so it may be
  /// called for every record.
  bool still_ready() {
    if (!pushed_) [[likely]] return true;
    if (waits() || pushes_ >= pushes_per_call) return false;
    pushed_ = false;
    return true;
  }
  void forward_watermark(timestamp w);
  /// Whether a watermark is no later than the one passed on last. That one is passed on again where this one ends idleness, and
  /// where it was passed on before a restore, so that the receivers have not heard it.
  bool repeats(timestamp w, timestamp passed_on) {
    if (w > passed_on) [[likely]] return false;
    bool const heard = counters_.watermark.load(std::memory_order_relaxed) == passed_on;
    if (!heard || counters_.idle.load(std::memory_order_relaxed)) forward_watermark(passed_on);
    return true;
  }
  operator_context const& context() const { return context_; }
  /// The part of it that a reader, writer or committer may know.
  connector_context outside() const;
  /// Called in a handler: throws what is being handled as an error that names this operator and the record.
  [[noreturn]] void fail(batch_base const& records, std::uint32_t index) const;
  /// The same, of something that is no record: "the window was ...".
  [[noreturn]] void fail(std::string const& about = {}) const;
  /// Calls what is not the engine's own; what it throws becomes an error that names this operator.
  template <class F>
  decltype(auto) guarded(F f) const;

 protected:
  /// Whether there are references into its tables while nothing is called.
  virtual bool refers_to_state() const { return suspended_; }

 private:
  static constexpr std::uint32_t pushes_per_call = 16;

  friend class activity_scope;
  template <class T>
  friend class output;
  friend class side_outputs;
  void take_out_of_memory();
  void hold_back(std::size_t port, batch_ref& b);
  bool release_held();

  struct held_batch {
    std::size_t port;
    batch_ref records;
    std::size_t bytes;
  };
  std::vector<output_port> outputs_;
  std::deque<held_batch> held_;
  std::size_t held_bytes_ = 0;
  bool suspended_ = false;
  bool pushed_ = false;
  std::uint32_t pushes_ = 0;  // since it was called or resumed
  std::chrono::nanoseconds next_look_ = never;
  std::shared_ptr<doorbell> bell_;
  operator_context context_;
  operator_counters counters_;
  user_metrics metrics_;
  operator_state state_;
  std::string name_;
};

/// Names the operator at work while it lives.
class activity_scope {
 public:
  explicit activity_scope(operator_base const& now) : activity_(now.context_.activity) {
    if (!activity_) return;
    before_ = activity_->current.load(std::memory_order_relaxed);
    activity_->current.store(&now, std::memory_order_relaxed);
  }
  ~activity_scope() {
    if (activity_ && !std::uncaught_exceptions()) activity_->current.store(before_, std::memory_order_relaxed);
  }
  activity_scope(activity_scope const&) = delete;
  activity_scope& operator=(activity_scope const&) = delete;

 private:
  activity* activity_;
  operator_base const* before_ = nullptr;
};

template <class F>
decltype(auto) operator_base::guarded(F f) const {
  activity_scope const scope(*this);
  try {
    return f();
  } catch (...) {
    fail();
  }
}

template <class T>
batch<T>& as(batch_base& b) { return static_cast<batch<T>&>(b); }
template <class T>
batch<T> const& as(batch_base const& b) { return static_cast<batch<T> const&>(b); }

/// Makes `b` an empty batch of T with room for `capacity` records.
template <class T>
batch<T>& renew(batch_ref& b, std::uint32_t capacity) {
  renew(b, batch_type_of<T>, capacity);
  return as<T>(*b);
}

}  // namespace flow
