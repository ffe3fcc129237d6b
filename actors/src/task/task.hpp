#pragma once
// A task: a chain of operators with its channels, run in steps. A plain state machine without actors or threads.
//
// The actor around it delivers what arrives, calls `step` while there is something to do, and tells the supervisor what
// the events say. A step is bounded in time; control is looked at between steps. All methods are called by one thread at
// a time; counters and the activity may be read by others.

#include <functional>
#include <memory>

#include "incoming.hpp"
#include "outgoing.hpp"
#include "state_writer.hpp"
#include "on_its_way.hpp"

#include <flow/graph/plan.hpp>
#include <flow/operator/sink_operator.hpp>
#include <flow/operator/source_operator.hpp>

namespace flow {

/// Everything a subtask needs to be made: its part of the plan.
struct task_blueprint {
  task_address address;
  std::uint32_t parallelism = 1;
  struct chained {
    node const* what = nullptr;
    bool has_event_time = true;  // what it gives
    /// For each output: the places in the chain that read it.
    std::vector<std::vector<std::uint32_t>> readers;
    /// What it would be sent if another task sent it; the head's inputs are those of the task.
    std::vector<crossing> inputs{};
  };
  std::vector<chained> chain;
  std::vector<incoming_channel> inputs;
  std::vector<crossing> received{};  // by the number of the head's input
  struct exchange {
    std::uint32_t place = 0;  // in the chain
    std::uint32_t port = 0;
    flow::partitioning partitioning = partitioning::forward;
    std::vector<outgoing_target> targets;
    crossing to{};
  };
  std::vector<exchange> outputs;
};

/// How a task begins.
struct task_beginning {
  /// Makes the actor step again; callable from any thread.
  std::function<void()> wake = [] {};
  /// Where its part of checkpoints goes; null: there are none.
  snapshot_port* port = nullptr;
  std::uint64_t attempt = 1;
  /// Gives the state of the operator at a place of the chain; empty, or null for a place: it begins empty.
  std::function<std::unique_ptr<state_source>(std::uint32_t place)> state{};
  /// Gives what was on its way to an input, as far as this subtask is to send it again; null: nothing was, anywhere in the job.
  std::function<on_its_way(crossing const& to)> channels{};
  /// How many barriers 0 divide it from what is new: no fewer than operators come one after the other anywhere in the job.
  std::size_t replay_barriers = 0;
  /// Its subtask had finished before the checkpoint that the job is restored from: it only says so to its receivers.
  bool finished = false;
  /// Its source reads nothing, since all of it had come to its end.
  bool drained = false;
};

class task {
 public:
  enum class phase { created, running, ending, finished, published, cancelled, abandoned };
  enum class outcome {
    busy,     // step again
    resting,  // nothing to do until something is delivered
    blocked,  // waits for credit, or for a sink
    finished, // all input processed and everything sent
  };
  struct result {
    outcome what = outcome::resting;
    /// When resting or blocked: step again at this time of the clock.
    std::optional<std::chrono::nanoseconds> again_at{};
    /// State is being written and can go on: step again, whatever else it waits for.
    bool writes = false;
  };

  /// `chunks` is where large state takes its memory from, `backend` where keyed state is that does not fit into it; may be null.
  task(task_blueprint const& blueprint, settings const& s, transport& t, flow::clock const& clock, chunk_pool* chunks = nullptr,
       state_backend* backend = nullptr);

  /// Opens the operators, which restores them.
  void start(task_beginning const& how);
  void deliver(std::uint32_t channel, element e) { incoming_.deliver(channel, std::move(e)); }
  /// Of a barrier that overtakes: that it does on a channel, and that it is to do so in this task.
  void announce(std::uint32_t channel, announcement a);
  void overtake(barrier const& b);
  void take(credit c);
  result step();

  // Of a source:
  /// Takes splits, and what is said of the others; behind barriers that have been injected before and not yet passed.
  void assign(std::vector<split> splits, split_terms const& terms);
  /// Whether to ask for another split; true once for each.
  bool wants_split() { return source_ && phase_ == phase::running && source_->wants_split(); }
  void grant(timestamp until);
  /// How far the source has come, for the drift bound; `end_of_time` when it does not hold others back.
  timestamp progress() const;
  duration max_drift() const { return source_ ? source_->max_drift() : duration{0}; }
  /// Injects a barrier, at once or as soon as held-back output allows: into a source, or a task that has finished.
  /// `hold`: the source gives nothing after it until `go_on`.
  void inject(barrier const& b, bool hold = false) { injected_.push_back({b, hold}); }
  void go_on();
  /// The source ends as if its input had ended.
  void drain();
  /// A checkpoint has begun: its sinks take what comes before its barrier.
  void expect_barrier();
  /// A checkpoint is complete: its sinks make visible what they have prepared for it.
  void commit(checkpoint_id id) { writer_->commit(id); }
  /// Called with each barrier that has passed the whole task.
  std::function<void(barrier const&)> on_barrier = [](barrier const&) {};

  // How the job ends:
  void publish();
  void cancel();
  void abandon() noexcept;

  phase state() const { return phase_; }
  /// Whether it had finished when the newest barrier passed, but for what the barrier has overtaken.
  bool had_finished() const { return finished_at_barrier_; }
  /// The names under which a checkpoint has its channels: they come behind its operators.
  std::vector<std::string> const& channels() const { return logs_->names(); }
  flow::activity const& activity() const { return activity_; }
  task_counters const& counters() const { return counters_; }
  std::vector<std::unique_ptr<operator_base>> const& operators() const { return operators_; }
  incoming const& input() const { return incoming_; }
  std::size_t in_flight() const;

 private:
  static constexpr std::chrono::nanoseconds step_time{1'000'000};
  static constexpr std::size_t step_runs = 256;  // a bound where time stands still, as in a simulation
  /// Entries of state that are written after each run.
  static constexpr std::size_t step_slots = 2048;
  /// Then the receivers have their turn, while what was sent is in the cache.
  static constexpr std::uint64_t step_batches = 8;

  result run(std::chrono::nanoseconds& now);
  void pass_waiting_barrier();
  void take_shares();
  result run_source(std::chrono::nanoseconds now);
  result run_input();
  std::optional<outcome> resume();
  void look(std::chrono::nanoseconds now);
  void note_next_look(result& r) const;
  bool can_go_on() const;
  bool may_pass_barrier() const;
  bool end();
  void pass(barrier const& b, bool overtakes = false);
  void begin_snapshot(barrier const& b, bool overtakes);
  bool may_overtake() const;
  bool overtakes_now() const { return overtaking_.checkpoint != 0 && overtaking_.checkpoint == last_barrier_; }
  void replay_restored(task_beginning const& how);
  bool replay_one();
  void pass_replayed();
  void say_finished();
  void rest(std::chrono::nanoseconds now);
  void note_activity(std::chrono::nanoseconds now);
  bool drained() const;
  template <class F>
  void each_sink(F f);

  task_blueprint const blueprint_;
  flow::settings const settings_;
  flow::clock const& clock_;
  chunk_pool* const chunks_;
  state_backend* const backend_;
  flow::activity activity_;
  task_counters counters_;
  std::vector<std::unique_ptr<operator_base>> operators_;
  std::vector<std::unique_ptr<outgoing>> outgoing_;
  incoming incoming_;
  std::unique_ptr<channel_logs> logs_;
  std::unique_ptr<state_writer> writer_;
  checkpoint_id last_barrier_ = 0;
  bool open_ = false;  // its operators are
  source_operator_base* source_ = nullptr;
  std::vector<sink_operator_base*> sinks_;
  struct share {
    std::vector<split> splits;
    split_terms terms;
    std::size_t barriers;  // that it is behind
  };
  std::deque<share> shares_;
  struct injection {
    flow::barrier barrier;
    bool hold;
  };
  std::deque<injection> injected_;
  bool holds_ = false;
  std::optional<barrier> waiting_barrier_;
  barrier overtaking_;  // the newest that is to overtake
  bool finished_at_barrier_ = false;
  std::size_t replay_barriers_ = 0;  // that are still to be passed on
  /// What was on its way to an operator that is part of this chain now, or a barrier 0, without records; the last is the first.
  struct replayed {
    std::uint32_t place, input;
    batch_ref records;
  };
  std::vector<replayed> replays_;
  phase phase_ = phase::created;
  bool input_ended_ = false;
  outcome last_ = outcome::resting;
  std::chrono::nanoseconds last_step_end_{0};
};

}  // namespace flow
