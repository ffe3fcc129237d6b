#include <flow/run.hpp>

#include <condition_variable>

#include "actor/job_actors.hpp"
#include "supervisor/checkpoint_actions.hpp"

#include <flow/actors/configure.hpp>
#include <flow/actors/errors.hpp>

namespace flow {
namespace {

struct system_config : caf::actor_system_config {
  explicit system_config(settings const& s) {
    actors::configure(*this);
    set("scheduler.max-threads", static_cast<std::size_t>(s.threads()));
    set("logger.console", caf::atom("none"));
  }
};

}  // namespace

class running_job::implementation {
 public:
  implementation(job const& j, settings const& s, observer o)
      : config_(s), system_(config_), run_(std::make_shared<job_run>(j, s, system_)) {
    run_->watcher = std::move(o);
    run_->on_end = [this](job_result r) {
      {
        std::lock_guard guard(lock_);
        result_ = std::move(r);
        ended_.notify_all();
      }
      run_->watcher.attention();
    };
    run_->on_unresponsive = [this](error const& what) {
      {
        std::lock_guard guard(lock_);
        unresponsive_ = what;
      }
      run_->watcher.attention();
    };
    supervisor_ = spawn_supervisor(system_, run_);
  }
  ~implementation() {
    cancel();
    wait();
    supervisor_ = nullptr;
    system_.await_all_actors_done();
  }

  job_result wait() {
    std::unique_lock guard(lock_);
    ended_.wait(guard, [this] { return result_.has_value(); });
    return *result_;
  }
  bool wait_for(std::chrono::nanoseconds d) const {
    std::unique_lock guard(lock_);
    return ended_.wait_for(guard, d, [this] { return result_.has_value(); });
  }
  void cancel() { caf::anon_send(supervisor_, cancel_job{}); }
  std::future<std::uint64_t> savepoint(take_savepoint what) {
    auto answer = std::make_shared<std::promise<std::uint64_t>>();
    auto taken = answer->get_future();
    auto const ask = [answer = std::move(answer), what = std::move(what), run = run_](caf::event_based_actor* self, supervisor_actor const& supervisor) {
      self->request(supervisor, caf::infinite, what)
          .then(
              [answer, run](std::uint64_t id) {
                answer->set_value(id);
                run->watcher.attention();
              },
              [answer, run](caf::error const& e) {
                answer->set_exception(std::make_exception_ptr(actors::from_caf(e).value_or(no_savepoint("the job has ended"))));
                run->watcher.attention();
              });
    };
    system_.spawn(ask, supervisor_);
    return taken;
  }
  void trigger_barrier() { caf::anon_send(supervisor_, start_barrier{}); }
  std::vector<operator_summary> counters() const { return run_->summaries(); }
  checkpoint_summary checkpoints() const { return run_->progress.checkpoints(run_->clock.now()); }
  std::uint64_t restarts() const { return run_->progress.restarts(); }
  std::optional<error> unresponsive() const {
    std::lock_guard guard(lock_);
    return unresponsive_;
  }

 private:
  system_config config_;
  caf::actor_system system_;
  std::shared_ptr<job_run> run_;
  supervisor_actor supervisor_;
  mutable std::mutex lock_;
  mutable std::condition_variable ended_;
  std::optional<job_result> result_;
  std::optional<error> unresponsive_;
};

running_job::running_job(std::unique_ptr<implementation> i) : implementation_(std::move(i)) {}
running_job::running_job(running_job&&) noexcept = default;
running_job::~running_job() = default;
job_result running_job::await() { return implementation_->wait(); }
bool running_job::wait_for(std::chrono::nanoseconds d) const { return implementation_->wait_for(d); }
void running_job::cancel() { implementation_->cancel(); }
std::future<std::uint64_t> running_job::savepoint(std::string const& path) { return implementation_->savepoint({path}); }
std::future<std::uint64_t> running_job::stop_with_savepoint(std::string const& path, bool drain) { return implementation_->savepoint({path, true, drain}); }
void running_job::trigger_barrier() { implementation_->trigger_barrier(); }
std::vector<operator_summary> running_job::counters() const { return implementation_->counters(); }
checkpoint_summary running_job::checkpoints() const { return implementation_->checkpoints(); }
std::uint64_t running_job::restarts() const { return implementation_->restarts(); }
std::optional<error> running_job::unresponsive() const { return implementation_->unresponsive(); }

namespace {

/// What may be overtaken is stored, so it has to have an encoding.
std::vector<std::string> not_encodable(graph const& g, settings const& s) {
  std::vector<std::string> found;
  auto const p = make_plan(g, s);
  for (auto const& e : p.exchanges)
    if (!g.at(e.from_node).outputs[e.port].type->encode)
      found.push_back(g.at(e.from_node).kind + " '" + g.at(e.from_node).name + "': what it sends to '" + g.at(p.tasks[e.to_task].nodes.front()).name +
                      "' cannot be stored, so no barrier may overtake it; give the record a `serialize` member, or leave out aligned-checkpoint-timeout");
  return found;
}

}  // namespace

void check(job const& j, settings const& s) {
  if (auto const wrong = s.mistakes(); !wrong.empty()) {
    std::string text;
    for (auto const& m : wrong) text += (text.empty() ? "" : "\n") + m;
    throw error(error_code::usage, text);
  }
  auto mistakes = j.graph().mistakes(s.parallelism(), s.max_parallelism(), s.checkpoints());
  if (mistakes.empty() && s.overtakes()) mistakes = not_encodable(j.graph(), s);
  if (!mistakes.empty()) {
    std::string text = "job '" + j.name() + "' has " + std::to_string(mistakes.size()) + (mistakes.size() == 1 ? " mistake:" : " mistakes:");
    for (auto const& m : mistakes) text += "\n  " + m;
    throw error(error_code::invalid_job, text);
  }
}

running_job start(job const& j, settings const& s, observer o) {
  check(j, s);
  return running_job(std::make_unique<running_job::implementation>(j, s, std::move(o)));
}

job_result execute(job const& j, settings const& s, observer o) {
  auto running = start(j, s, std::move(o));
  auto result = running.await();
  if (result.failure) throw *result.failure;
  return result;
}

}  // namespace flow
