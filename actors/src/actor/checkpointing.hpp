#pragma once
// The checkpoints of a job as its supervisor sees them: carries out what the coordinator decides.

#include <functional>
#include <optional>

#include "../supervisor/checkpoint_coordinator.hpp"
#include "job_actors.hpp"

namespace flow {

/// What the supervisor's own part of a checkpoint is: of each source what has been found and not yet read.
struct enumerator_state {
  std::string source;
  bytes encoded;
  schema value;
};

class checkpointing {
 public:
  struct hooks {
    std::function<void(error const&)> fail;
    /// All is committed: the job has come to its end, or is to be stopped.
    std::function<void(bool stopped)> end;
    std::function<std::vector<enumerator_state>()> enumerators;
    /// To who asked for a savepoint.
    std::function<void(checkpoint_action::answer const&)> answer;
  };
  /// `self` is the supervisor's actor.
  checkpointing(supervisor_actor::base* self, std::shared_ptr<job_run> run, hooks h);

  /// All tasks of the current attempt run.
  void started(std::shared_ptr<peers const> all);
  void restarting(error const& why) { tell([&](auto& c) { c.restarting(why); }); }
  void stopping(error const& why) { tell([&](auto& c) { c.stopping(why); }); }
  /// Tells the coordinator what has happened, and does what is to be done then.
  template <class F>
  void tell(F f) {
    f(coordinator_);
    go_on();
  }
  /// Time has come.
  void due() {
    waits_until_.reset();
    go_on();
  }
  checkpoint_summary summary() const { return coordinator_.summary(run_->clock.now()); }

 private:
  void go_on();
  void wait();
  task_actor const& task_of(std::size_t number) const;
  void send_enumerators(checkpoint_id id);

  void take(checkpoint_action::begin const& a);
  void take(checkpoint_action::inject const& a);
  void take(checkpoint_action::overtake const& a);
  void take(checkpoint_action::write const& a);
  void take(checkpoint_action::abandon const& a);
  void take(checkpoint_action::commit const& a);
  void take(checkpoint_action::answer const& a);
  void take(checkpoint_action::drain const&);
  void take(checkpoint_action::resume const&);
  void take(checkpoint_action::fail const& a) { hooks_.fail(a.why); }
  void take(checkpoint_action::end const& a) { hooks_.end(a.stopped); }
  template <class M>
  void to_sources(M const& m);

  supervisor_actor::base* self_;
  std::shared_ptr<job_run> run_;
  hooks hooks_;
  checkpoint_subject subject_;
  checkpoint_coordinator coordinator_;
  std::shared_ptr<peers const> peers_;
  std::optional<std::chrono::nanoseconds> waits_until_;
  bool going_on_ = false;
};

}  // namespace flow
