#pragma once
// A coordinator on a stage: what happens is told in a few words, and what is to be done is read as text.

#include <string>
#include <vector>

#include "supervisor/checkpoint_coordinator.hpp"

namespace stage_of_checkpoints {

using namespace flow;
using namespace std::chrono_literals;

inline std::string text_of(std::vector<std::size_t> const& numbers) {
  std::string text;
  for (auto const n : numbers) text += " " + std::to_string(n);
  return text;
}
inline std::string at(std::string const& path) { return path.empty() ? "" : " at " + path; }

/// "begin 1 checkpoint", "inject 1 on 0: 0 2", "write 1", "commit 1: 2", ...
struct in_words {
  std::string operator()(checkpoint_action::begin const& a) const { return "begin " + std::to_string(a.id) + " " + std::string(name_of(a.kind)) + at(a.path); }
  std::string operator()(checkpoint_action::inject const& a) const {
    return "inject " + std::to_string(a.id) + " on " + std::to_string(a.completed) + (a.full ? " full" : "") + (a.hold ? " hold" : "") + ":" + text_of(a.subtasks);
  }
  std::string operator()(checkpoint_action::overtake const& a) const { return "overtake " + std::to_string(a.id) + " on " + std::to_string(a.completed); }
  std::string operator()(checkpoint_action::write const& a) const { return "write " + std::to_string(a.manifest.id) + at(a.path); }
  std::string operator()(checkpoint_action::abandon const& a) const { return "abandon " + std::to_string(a.id) + at(a.path) + ": " + a.why; }
  std::string operator()(checkpoint_action::commit const& a) const { return "commit " + std::to_string(a.id) + ":" + text_of(a.subtasks); }
  std::string operator()(checkpoint_action::answer const& a) const {
    return "answer " + std::to_string(a.number) + at(a.path) + ": " + (a.failure ? a.failure->what() : std::to_string(a.id));
  }
  std::string operator()(checkpoint_action::drain const&) const { return "drain"; }
  std::string operator()(checkpoint_action::resume const&) const { return "resume"; }
  std::string operator()(checkpoint_action::fail const& a) const { return "fail: " + std::string(a.why.what()); }
  std::string operator()(checkpoint_action::end const& a) const { return a.stopped ? "stop" : "end"; }
};

/// A source (0), an operator (1) and a two-phase sink (2), each one subtask.
inline checkpoint_subject pipeline() {
  checkpoint_subject s;
  s.job = "j";
  s.fingerprint = 99;
  s.max_parallelism = 64;
  s.participants = {{"in (subtask 0)", true}, {"counts (subtask 0)"}, {"out (subtask 0)", false, true}};
  return s;
}

struct stage {
  explicit stage(settings const& s = settings{}.snapshots("d"), checkpoint_subject what = pipeline(), checkpoint_id highest = 0)
      : subject(what), coordinator(s, what, highest) {}

  using words = std::vector<std::string>;
  words next() {
    words all;
    for (auto const& step : coordinator.next(now, timestamp{std::chrono::floor<duration>(now + 1000h)})) {
      if (auto const* w = std::get_if<checkpoint_action::write>(&step)) manifest = w->manifest;
      all.push_back(std::visit(in_words{}, step));
    }
    return all;
  }
  words start(std::optional<snapshot_manifest> base = {}, std::uint64_t attempt = 1) {
    coordinator.started(attempt, std::move(base), 0, now);
    return next();
  }
  words after(std::chrono::nanoseconds d) {
    now += d;
    return next();
  }
  words answer(std::vector<std::size_t> const& participants, checkpoint_id id) {
    for (auto const p : participants) {
      task_snapshot s;
      s.task = p;
      s.checkpoint = id;
      s.operators = {{"op-" + std::to_string(p), {}, {}, {}}};
      coordinator.answered(std::move(s));
    }
    return next();
  }
  words answer_all(checkpoint_id id) {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < subject.participants.size(); ++i) all.push_back(i);
    return answer(all, id);
  }
  words written(checkpoint_id id) {
    coordinator.written(id);
    return next();
  }
  words failed(checkpoint_id id, error const& why = {error_code::no_space, "the disk is full"}) {
    coordinator.failed(id, why);
    return next();
  }
  words confirm(std::size_t subtask, checkpoint_id id) {
    coordinator.confirmed(subtask, id);
    return next();
  }
  words finish(std::vector<std::size_t> const& subtasks) {
    for (auto const s : subtasks) coordinator.finished(s);
    return next();
  }
  words request(savepoint_request r) {
    coordinator.requested(std::move(r));
    return next();
  }

  checkpoint_subject subject;
  checkpoint_coordinator coordinator;
  std::chrono::nanoseconds now{1h};
  snapshot_manifest manifest;  // the last that was to be written
};
using words = stage::words;

}  // namespace stage_of_checkpoints
