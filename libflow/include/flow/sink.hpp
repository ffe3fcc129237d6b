#pragma once
// The contract of a sink.
//
// Each subtask has one `writer`; a two-phase sink has a `committer` beside it. A connector hands the engine something with
// `make<T>()` that gives a `flow::sink<T>`.
//
//   * Every method is called by one task at a time; `connector_context::wake` alone may be called from any thread.
//   * `write` must not wait unless the sink says `blocking`; then its task has a thread of its own. A writer that hands
//     records to a client library is not `ready` while that library's queue is full and calls `wake` when there is room:
//     this is how a slow system slows the source. It never buffers without a bound.
//   * A writer whose records are answered later (a client library's acknowledgements, another actor's answers) says in
//     `settled` whether they all have been, throws there what came back as a failure, and calls `wake` when either is
//     news. A job has not finished before its writers have settled; a cancelled one does not wait for that.
//   * Results become visible in two steps. `finish` comes at the end of bounded input and makes everything durable but
//     not visible; when every task of the job has finished, `publish` makes it visible, and does nothing when called again.
//     If anything fails before, `abandon` leaves nothing half-written. A cancelled job calls `cancel`: what was received
//     is complete records and is published as far as it goes.
//   * Errors are thrown as `flow::error`; the engine adds the operator's name. `abandon` does not throw.
//
// Exactly once. A sink with `make_committer` is a two-phase sink. Where the job has checkpoints (`connector_context::checkpoints`)
// results become visible with them, and only so:
//
//   * At the barrier of checkpoint n, and once more after `finish`, the engine calls `prepare(n)`. The writer closes or secures what
//     was written so that it survives the process and the machine, and describes it in committables. They are stored in the checkpoint;
//     when it is complete, `committer::commit` is given them. What is written after `prepare` belongs to the next checkpoint.
//   * A checkpoint that is not completed leaves what was prepared pending: it is committed with the next. Commits come in the order
//     of checkpoints. Between `prepare` and `commit` any number of records may be written.
//   * `publish` and `cancel` are not called; whichever way the job ends, what was prepared stays, and `abandon` removes only what
//     was not. The next start of the job commits it, or removes it, where its checkpoint was never completed.
//   * `committer::recover` runs at every start before any writer is opened. A writer may find nothing of earlier attempts, and gives
//     names that no attempt has given before (`connector_context::attempt`).
//
// Without checkpoints a two-phase sink is like any other, and its committer is not used; one that cannot do without says
// `needs_checkpoints`, and the job is refused.

#include <concepts>
#include <functional>
#include <memory>

#include <flow/batch.hpp>
#include <flow/committer.hpp>
#include <flow/snapshot/manifest.hpp>
#include <flow/source.hpp>

namespace flow {

template <class T>
class writer {
 public:
  virtual ~writer() = default;
  /// Called once, before anything else.
  virtual void open(connector_context const&) {}
  /// Whether `write` may be called. False holds the records back; the writer wakes the engine when it turns true.
  virtual bool ready() const { return true; }
  /// Takes the records in order. The batch is the engine's again when the call returns.
  virtual void write(batch<T> const& records) = 0;
  /// The input rests: pass on what is buffered, so that a reader of the output sees it.
  virtual void flush() {}
  /// Whether everything written has been answered; throws when an answer was a failure. Asked whenever the task rests or was
  /// woken, and after `finish` until it is true.
  virtual bool settled() { return true; }
  virtual void finish() {}
  /// At a barrier, and once after `finish`: closes or secures what was written so that it can be committed at any later time, also
  /// by another process, and returns encoded committables, as many as it likes. Only of two-phase sinks, with checkpoints.
  virtual std::vector<bytes> prepare(checkpoint_id) { return {}; }
  virtual void publish() {}
  virtual void cancel() {
    finish();
    publish();
  }
  virtual void abandon() noexcept {}
  /// Bytes made of records so far, whether they have left a buffer or not. Never less than before. Asked once per batch.
  virtual std::uint64_t bytes_written() const { return 0; }
};

/// What a connector gives to `stream.sink`.
template <class T>
struct sink {
  std::function<std::unique_ptr<writer<T>>()> make_writer;
  /// Writes may wait: the task gets a thread of its own.
  bool blocking = false;
  /// Of a two-phase sink; empty for others.
  std::function<std::unique_ptr<committer>()> make_committer{};
  /// Of what `prepare` encodes: `schema_of<...>()`. Tools read committables by it.
  schema committable_schema{};
  /// Whether the sink can be used only in jobs that have checkpoints.
  bool needs_checkpoints = false;
  /// Of a two-phase sink that logs (flow/sink_log.hpp): so many bytes of a subtask wait for their checkpoint, roughly, before records
  /// are held back. 0: it does not log.
  std::uint64_t log_bytes = 0;

  template <class U>
    requires std::same_as<T, U>
  sink<T> make() const {
    return *this;
  }
};

/// Anything whose `make<T>()` gives a `flow::sink<T>` is a sink for records of type T.
template <class S, class T>
concept sink_for = requires(S const& s) {
  { s.template make<T>() } -> std::convertible_to<sink<T>>;
};

}  // namespace flow
