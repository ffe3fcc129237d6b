#include "supervision.hpp"

namespace flow {

supervision::action supervision::started(std::size_t task) {
  tasks_[task].started = true;
  if (phase_ != phase::starting || !all(&status::started)) return action::none;
  phase_ = phase::running;
  end_of_input();  // of tasks that had finished before what they are restored from
  return action::assign_splits;
}

bool supervision::end_of_input() {
  if (phase_ != phase::running || !all(&status::finished)) return false;
  phase_ = phase::publishing;
  result_ = result::finished;
  return true;
}

supervision::action supervision::finished(std::size_t task) {
  tasks_[task].finished = true;
  return end_of_input() ? action::publish : action::none;
}

supervision::action supervision::failed(error const& e) {
  if (phase_ == phase::ended) return action::none;
  if (result_ == result::failed) return action::none;
  failure_ = e;
  result_ = result::failed;
  phase_ = phase::stopping;
  return action::abandon;
}

supervision::action supervision::ended(std::size_t task) {
  tasks_[task].ended = true;
  if ((phase_ != phase::publishing && phase_ != phase::stopping) || !all(&status::ended)) return action::none;
  phase_ = phase::ended;
  return action::report;
}

supervision::action supervision::cancel() {
  if (phase_ != phase::starting && phase_ != phase::running) return action::none;
  phase_ = phase::stopping;
  result_ = result::cancelled;
  return action::cancel;
}

std::vector<std::size_t> supervision::missing() const {
  std::vector<std::size_t> tasks;
  for (std::size_t i = 0; i < tasks_.size(); ++i)
    if (!tasks_[i].ended) tasks.push_back(i);
  return tasks;
}

}  // namespace flow
