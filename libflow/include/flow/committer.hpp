#pragma once
// The second half of a two-phase sink: makes visible what its writers have prepared (the whole contract: flow/sink.hpp).
//
// What a writer prepares for a checkpoint it describes in committables: small byte strings in the connector's own encoding, enough
// to find and publish the results at any later time, also for another process. They are stored in the checkpoint. Once its
// manifest is durable, they are committed; nothing else makes results visible.
//
//   * Each subtask has a committer beside its writer, and the same task calls both. One more has the first word at every start
//     of the job, before any writer is opened: its `recover` is given the committables of all subtasks, whatever their number was.
//   * A committable may be committed any number of times: the engine does not know whether the last attempt came so far. What is
//     visible already is left as it is.
//   * Only what was prepared by the attempt that runs is given to `commit`; `connector_context::attempt` is its number. A committer
//     that finds another attempt's in its way, or cannot find what was prepared, throws: an error that says what it expected is
//     better than a result that is missing.
//   * Where the user goes back to an older checkpoint (`connector_context::accept_duplicates`), `recover` finds what later ones have
//     published: that stays, as long as all that was prepared is there.
//   * Errors are thrown as `flow::error`. The engine calls again where `error::retry` says that it is worth while, or fails the job.

#include <span>

#include <flow/record/encoding.hpp>
#include <flow/source.hpp>

namespace flow {

class committer {
 public:
  virtual ~committer() = default;
  /// Called once, before anything else.
  virtual void open(connector_context const&) {}
  /// Makes visible what was prepared, in order. Idempotent.
  virtual void commit(std::span<bytes const> committables) = 0;
  /// Once for the whole sink, before any writer is opened, at each start: commits those of the restored checkpoint (none: a fresh
  /// start), in order of subtasks, oldest first, and removes what earlier attempts have left uncommitted. Idempotent.
  virtual void recover(std::span<bytes const> committables) = 0;
};

}  // namespace flow
