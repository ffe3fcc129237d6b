#include "job_restore.hpp"

#include <algorithm>

#include "source_splits.hpp"

#include <flow/operator/sink_operator.hpp>
#include <flow/operator/source_operator.hpp>

namespace flow {
namespace {

class told_of_damage final : public state_source {
 public:
  told_of_damage(restore_point const& from, restored_operator inner) : from_(from), inner_(std::move(inner)) {}
  void restore(state_object& declared) override {
    telling_of_damage(from_, [&] { inner_.restore(declared); });
  }

 private:
  restore_point const& from_;
  restored_operator inner_;
};

}  // namespace

job_restore::job_restore(restore_point from, graph const& g, settings const& s) : from_(std::move(from)), graph_(g), plan_(*from_.manifest, g, s) {
  if (!plan_.mistakes().empty()) throw plan_.refusal(plan_.mistakes());
}

std::unique_ptr<state_source> job_restore::state_of(node_id id, std::uint32_t subtask, std::uint32_t parallelism) const {
  auto const& name = graph_.at(id).name;
  auto const* const of = plan_.stored(name);
  if (!of) return nullptr;
  return std::make_unique<told_of_damage>(from_, restored_operator(from_, *of, subtask, parallelism, from_.goes_on && !plan_.is_renamed(name)));
}

on_its_way job_restore::channels_of(std::string const& receiver, std::uint32_t input, batch_type const& type, std::uint32_t subtask,
                                    std::uint32_t parallelism) const {
  on_its_way all;
  if (auto const* const r = plan_.stored(receiver)) all.receivers_before = r->parallelism;
  auto const* const of = plan_.channels(receiver, input);
  if (!of) return all;
  channel_log received(channel_log::side::received, type), unsent(channel_log::side::unsent, type);
  for (auto* const log : {&received, &unsent}) {
    for (auto const& s : of->states)
      if (s.name == log->name() && s.value != log->value_schema())
        throw error(error_code::usage, receiver, "what was on its way to it has another form than it takes: " + to_string(s.value) + ", expected " + to_string(log->value_schema()));
    told_of_damage(from_, restored_operator(from_, *of, subtask, parallelism, false)).restore(*log);
    for (auto& b : log->batches())
      if (b.sender % parallelism == subtask) all.batches.push_back(std::move(b));
  }
  std::stable_sort(all.batches.begin(), all.batches.end(), [](auto const& a, auto const& b) { return a.sender < b.sender; });
  return all;
}

/// Under another number of subtasks one has finished only if all had. What works ahead of others keeps nothing.
bool job_restore::had_finished(task_plan const& t, std::uint32_t subtask) const {
  return std::all_of(t.nodes.begin(), t.nodes.end(), [&](node_id id) {
    if (graph::is_ahead(id)) return true;
    auto const* const of = plan_.stored(graph_.at(id).name);
    if (!of) return false;
    if (of->parallelism != t.parallelism) return of->finished.size() == of->parallelism;
    return std::find(of->finished.begin(), of->finished.end(), subtask) != of->finished.end();
  });
}

bool job_restore::had_been_read(task_plan const& t) const {
  auto const* const source = plan_.stored(graph_.at(t.nodes.front()).name);
  return t.is_source && source && source->finished.size() == source->parallelism;
}

std::vector<std::string> job_restore::mistakes_of(operator_base const& opened) const {
  auto states = declared_by(opened.state());
  if (dynamic_cast<source_operator_base const*>(&opened)) states.push_back({enumerator_state_name, state_kind::value, {}, schema_of<stored_splits>()});
  auto const* const sink = dynamic_cast<sink_operator_base const*>(&opened);
  return plan_.mistakes_of(opened.name(), states, sink ? sink->committable_schema() : schema{});
}

}  // namespace flow
