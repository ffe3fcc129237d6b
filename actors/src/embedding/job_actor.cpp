#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "../actor/job_actors.hpp"
#include "../supervisor/checkpoint_actions.hpp"

#include <flow/actors/errors.hpp>
#include <flow/actors/spawn.hpp>

namespace flow::actors {

// What the run tells its handle; it stays within the process.
struct job_ended {
  std::shared_ptr<job_result const> result;
};
struct job_unresponsive {
  error what;
};

}  // namespace flow::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::actors::job_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(flow::actors::job_unresponsive)

namespace flow::actors {
namespace {

using told_by_run = job_actor::extend<caf::reacts_to<job_ended>, caf::reacts_to<job_unresponsive>>;

/// The handle of a run: answers who asks, passes a cancel on. Unreachable when nobody holds it and no promise is open, since
/// a promise holds its actor.
class job_shell final : public told_by_run::base {
 public:
  job_shell(caf::actor_config& c, std::shared_ptr<job_run> run) : told_by_run::base(c), run_(std::move(run)) {
    set_exit_handler([this](caf::exit_msg& m) { leave(m.reason); });
    set_down_handler([this](caf::down_msg& m) {
      if (!result_) end(failed(error(error_code::internal, "the supervisor ended without a result: " + system().render(m.reason))));
    });
  }

  behavior_type make_behavior() override {
    auto const address = caf::actor_cast<caf::weak_actor_ptr>(this);
    auto const tell = [address](auto m) {
      if (auto self = caf::actor_cast<caf::strong_actor_ptr>(address)) caf::anon_send(caf::actor_cast<told_by_run>(self), std::move(m));
    };
    run_->on_end = [tell](job_result r) { tell(job_ended{std::make_shared<job_result const>(std::move(r))}); };
    run_->on_unresponsive = [tell](error const& what) { tell(job_unresponsive{what}); };
    supervisor_ = spawn_supervisor(system(), run_);
    monitor(supervisor_);
    return {
        [this](await_atom) -> caf::result<job_result> {
          if (result_ || stuck_) return answer();
          waiting_.push_back(make_response_promise<job_result>());
          return waiting_.back();
        },
        [this](cancel_atom) { cancel(); },
        [this](counters_atom) { return result_ ? result_->operators : run_->summaries(); },
        [this](savepoint_atom, std::string const& path) { return take({path}); },
        [this](stop_with_savepoint_atom, std::string const& path) { return take({path, true}); },
        [this](stop_with_savepoint_atom, std::string const& path, bool drain) { return take({path, true, drain}); },
        [this](job_ended const& m) { end(m.result); },
        [this](job_unresponsive const& m) {
          stuck_ = m.what;
          answer_all();
        },
    };
  }
  const char* name() const override { return "flow.job"; }
  void on_exit() override {
    cancel();
    supervisor_ = nullptr;
    run_.reset();
    for (auto& p : waiting_) p.deliver(to_caf(error(error_code::cancelled, "the handle of the job was killed before the job ended")));
    waiting_.clear();
  }

 private:
  void cancel() {
    if (!result_ && supervisor_) caf::anon_send(supervisor_, cancel_job{});
  }
  caf::result<std::uint64_t> take(take_savepoint what) {
    if (result_ || !supervisor_) return to_caf(no_savepoint("the job has ended"));
    return delegate(supervisor_, std::move(what));
  }
  void leave(caf::error const& reason) {
    if (!reason) return;  // the normal end of a linked actor, which CAF's links do not pass on either
    leaving_ = reason;
    if (result_) quit(reason); else cancel();
  }
  void end(std::shared_ptr<job_result const> r) {
    result_ = std::move(r);
    answer_all();
    supervisor_ = nullptr;
    run_.reset();
    if (leaving_) quit(leaving_);
  }
  static std::shared_ptr<job_result const> failed(error const& e) {
    job_result r;
    r.end = job_result::how::failed;
    r.failure = e;
    return std::make_shared<job_result const>(std::move(r));
  }
  caf::result<job_result> answer() const {
    if (!result_) return to_caf(*stuck_);
    if (result_->failure) return to_caf(*result_->failure);
    return *result_;
  }
  void answer_all() {
    for (auto& p : waiting_) {
      if (!result_) p.deliver(to_caf(*stuck_));
      else if (result_->failure) p.deliver(to_caf(*result_->failure));
      else p.deliver(*result_);
    }
    waiting_.clear();
  }

  std::shared_ptr<job_run> run_;
  supervisor_actor supervisor_;
  std::shared_ptr<job_result const> result_;
  std::optional<error> stuck_;
  caf::error leaving_;
  std::vector<caf::typed_response_promise<job_result>> waiting_;
};

/// Under CAF's deterministic scheduler no actor may have a thread of its own.
bool is_deterministic(caf::actor_system& system) {
  return dynamic_cast<caf::scheduler::test_coordinator*>(&system.scheduler()) != nullptr;
}

}  // namespace

job_actor spawn(caf::actor_system& system, job j, settings const& s) {
  check(j, s);
  auto run = std::make_shared<job_run>(std::make_shared<job const>(std::move(j)), s, system);
  run->own_threads = !is_deterministic(system);
  return system.spawn<job_shell>(std::move(run));
}

}  // namespace flow::actors
