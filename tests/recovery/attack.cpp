#include "recovery/attack.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <random>

#include <flow/testing/simulation.hpp>

namespace flow::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t tests = 6;
constexpr int most_runs = 7;  // the last is left in peace

std::uint64_t number_of(char const* variable, std::uint64_t otherwise) {
  auto const* const text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

clicks some_clicks(std::uint32_t splits, std::int64_t each, std::int64_t step, std::uint64_t salt) {
  clicks all(splits);
  for (std::uint32_t s = 0; s < splits; ++s)
    for (std::int64_t i = 0; i < each; ++i) {
      auto const mixed = mix_hash(salt + s * 10'000 + static_cast<std::uint64_t>(i));
      all[s].push_back({s + splits * static_cast<std::uint32_t>(mixed % 8), i * step + static_cast<std::int64_t>(mixed >> 20 & 15),
                        static_cast<std::int64_t>(mixed >> 40 & 1023), s * 10'000 + i});
    }
  return all;
}
inputs all_inputs() { return {some_clicks(3, 130, 7, 1), some_clicks(2, 150, 9, 77)}; }

/// A run that nothing disturbs, and what it has passed.
struct undisturbed {
  explicit undisturbed(subject const& s, inputs const& in, bool changed = false) {
    w.changed = changed;
    job j{"attacked"};
    s.build(j, w, in);
    schedule const how{.seed = 1, .barrier_every = 150, .snapshots = &w.snapshots};
    auto const r = run(j, how, settings{}.parallelism(1).batch_size(16).checkpoint_interval(0us));
    REQUIRE(!r.failure);
    REQUIRE(r.end == job_result::how::finished);
    steps = r.steps;
  }
  world w;
  std::uint64_t steps = 0;
};

/// What of a source was read, by split: a part from the beginning on.
clicks read_of(clicks all, world const& w, std::string const& sink) {
  auto const found = w.published.find(sink);
  if (found == w.published.end()) return all;
  std::vector<std::size_t> read(all.size());
  for (auto const& r : found->second->values()) {
    auto& n = read.at(static_cast<std::size_t>(r.value / 10'000));
    n = std::max(n, static_cast<std::size_t>(r.value % 10'000) + 1);
  }
  for (std::size_t s = 0; s < all.size(); ++s) all[s].resize(read[s]);
  return all;
}
bool same_size(clicks const& a, clicks const& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto const& x, auto const& y) { return x.size() == y.size(); });
}

class trial {
 public:
  trial(subject const& s, undisturbed const& expected, inputs const& in, std::uint64_t seed) : s_(s), expected_(expected), in_(in), random_(seed) {
    for (auto const& [point, passed] : expected.w.faults.passed()) points_.emplace_back(point, passed);
    parallelism_ = some_parallelism();
    story_ = "replay with FLOW_SEED=" + std::to_string(seed);
  }

  void go() {
    try {
      for (int number = 0; !run_once(number); ++number) {
      }
      check();
    } catch (std::exception const& e) {
      FAIL(story_ << "\n" << e.what());
    }
  }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return pick(n) == 0; }
  std::uint32_t some_parallelism() { return 1 + static_cast<std::uint32_t>(pick(4)); }
  std::uint64_t some_step() { return pick(expected_.steps * 2); }
  void tell(std::string const& text) { story_ += text; }

  settings some_settings() {
    if (one_in(2)) parallelism_ = some_parallelism();
    auto s = settings{}.parallelism(parallelism_).batch_size(1u << pick(8)).task_buffer(1u << (8 + pick(9)));
    s.keep_succeeded(true);  // it may die when all is done
    s.checkpoint_interval(0us).checkpoint_failures(static_cast<std::uint32_t>(pick(3))).snapshots_kept(1 + static_cast<std::uint32_t>(pick(3)));
    if (one_in(4)) s.checkpoint_interval(100us).checkpoint_pause(50us);
    if (!one_in(3)) s.aligned_checkpoint_timeout(std::chrono::microseconds(pick(2) * pick(20)));
    restart_form const forms[] = {restart_form::none, restart_form::fixed_delay, restart_form::exponential, restart_form::exponential};
    s.restart({.form = forms[pick(4)], .attempts = 10, .delay = std::chrono::microseconds(1 + pick(2'000))});
    restore_options from{{restore_form::latest_or_fresh, 0, {}}, {}, {}, {}, false};
    if (!savepoint_.empty()) {
      if (changes_) from = *s_.change;
      from.origin = {restore_form::path, 0, savepoint_};
    }
    s.restore(from);
    // What has been written by a job that keeps its state in one way is restored by one that keeps it in the other.
    if (one_in(3)) s.state_backend(state_backend_form::rocksdb).state_memory(one_in(2) ? 0 : 16 << 10);
    tell("\n  parallelism " + std::to_string(parallelism_) + " batch " + std::to_string(s.batch_size()) + " buffer " + std::to_string(s.task_buffer()) +
         (s.aligned_checkpoint_timeout() ? " overtakes after " + format_duration(*s.aligned_checkpoint_timeout()) : "") + " restart " + std::string(name_of(s.restart().form)) +
         (savepoint_.empty() ? "" : " from savepoint " + savepoint_) + (w_.changed ? " changed" : "") + (s.state().backend == state_backend_form::rocksdb ? " rocksdb" : ""));
    return s;
  }
  void plan_faults() {
    disturbances_ = pick(4);
    for (auto n = disturbances_; n > 0; --n) {
      auto const& [point, passed] = points_[pick(points_.size())];
      fault const f{point, pick(passed), one_in(3) ? fault::kind::dies : fault::kind::throws};
      tell("; " + point + (f.how == fault::kind::dies ? " dies after " : " throws after ") + std::to_string(f.after));
      w_.faults.set(f);
    }
  }
  void plan_store_faults(schedule& how, std::string const& savepoint) {
    if (!savepoint.empty() && one_in(3)) w_.savepoints[savepoint].fail_write(pick(12));
    if (!one_in(3)) return;
    disturbances_ += 1'000;  // as many as are tried until it is repaired
    auto const from = some_step(), to = from + pick(400), write = pick(30);
    auto const kind = one_in(2) ? memory_snapshots::fault::kept : memory_snapshots::fault::lost;
    how.before_step = [this, from, to, write, kind](std::uint64_t step) {
      if (step == from) w_.snapshots.fail_write(write, kind);
      if (step == to) w_.snapshots.repair();
    };
    tell("; write " + std::to_string(write) + (kind == memory_snapshots::fault::kept ? " kept" : " lost") + " from step " + std::to_string(from) + " to " + std::to_string(to));
  }
  std::string plan_savepoint(schedule& how, int number) {
    if (!one_in(3)) return {};
    wanted_savepoint s{some_step(), "s" + std::to_string(number), one_in(2), false};
    s.drain = s.stop && one_in(3);
    drains_ |= s.drain;
    how.wanted.push_back(s);
    tell("; savepoint at step " + std::to_string(s.after) + (s.drain ? " drains" : s.stop ? " stops" : ""));
    return s.path;
  }

  /// Whether the job has come to its end.
  bool run_once(int number) {
    auto const s = some_settings();
    schedule how{.seed = random_(), .barrier_every = 30 + pick(300), .snapshots = &w_.snapshots};
    how.savepoints = &w_.savepoints;
    how.faults = &w_.faults;
    how.most_steps = 2'000'000;
    how.step_time = std::chrono::nanoseconds(10 << pick(8));
    if (std::getenv("FLOW_LOG")) how.log = logger(log_level::trace, [](log_entry const& e) { std::cerr << e.operator_name << ": " << e.text << "\n"; });
    std::string wanted;
    disturbances_ = 0;
    if (number < most_runs) {
      if (one_in(3)) how.crash_after = some_step();
      if (one_in(6)) how.cancel_after = some_step();
      if (how.crash_after) tell("; crash after " + std::to_string(*how.crash_after));
      if (how.cancel_after) tell("; cancel after " + std::to_string(*how.cancel_after));
      plan_faults();
      wanted = plan_savepoint(how, number);
      plan_store_faults(how, wanted);
    }
    job j{"attacked"};
    s_.build(j, w_, in_);
    auto const r = run(j, how, s);
    tell("\n    " + std::string(r.crashed ? "crashed" : r.failure ? r.failure->what() : r.end == job_result::how::finished ? "finished" : "cancelled or stopped") +
         " after " + std::to_string(r.steps) + " steps");
    if (!r.crashed && r.failure && r.failure->message().find("a fault was asked for") == std::string::npos) throw std::runtime_error("the job failed by itself");
    if (r.restarts > disturbances_) throw std::runtime_error("it was started again " + std::to_string(r.restarts) + " times: " + r.checkpoints.last_failure);
    w_.faults.clear();
    w_.snapshots.repair();
    for (auto& [path, place] : w_.savepoints) place.repair();
    if (!r.crashed && r.end == job_result::how::finished) return true;
    if (number >= most_runs) throw std::runtime_error("a run that was left in peace has not finished");
    choose_origin(r, wanted);
    return false;
  }

  /// The next run goes on from the newest checkpoint, or from a savepoint where that is newer.
  void choose_origin(run_result const& r, std::string const& wanted) {
    auto const newest = newest_of(w_.snapshots);
    if (!savepoint_.empty() && newest_of(w_.savepoints[savepoint_]) < newest) leave_savepoint();
    auto const answer = r.savepoints.find(wanted);
    if (answer == r.savepoints.end() || answer->second) return;
    if (r.restarts > 0 && r.end != job_result::how::stopped) return;  // what it has prepared may be given up
    if (newest_of(w_.savepoints[wanted]) < newest || one_in(4)) return;
    leave_savepoint();
    savepoint_ = wanted;
    changes_ = s_.change && !w_.changed;
    w_.changed |= changes_;
  }
  void leave_savepoint() {
    savepoint_.clear();
    changes_ = false;
  }
  static checkpoint_id newest_of(memory_snapshots& place) {
    auto const store = place.open({3, true, true});
    auto const all = store->list();
    if (all.empty()) return 0;
    for (auto const& mistake : verify(*store, all.back().id)) throw mistake;
    return all.back().id;
  }

  void check() {
    inputs const read{read_of(in_.left, w_, "read-left"), read_of(in_.right, w_, "read-right")};
    bool const all = same_size(read.left, in_.left) && same_size(read.right, in_.right);
    if (!all && !drains_) throw std::runtime_error("not all of the input was read");
    if (all) compare(expected_);
    else compare(undisturbed(s_, read));
    if (s_.holds) s_.holds(w_);
  }
  void compare(undisturbed const& expected) {
    std::string all;
    for (auto const& [sink, rows] : w_.published) {
      if (rows->unpublished() > 0 && !s_.in_one_form.contains(sink)) throw std::runtime_error("sink '" + sink + "' has " + std::to_string(rows->unpublished()) + " rows that are prepared and not published");
      if (s_.varying.contains(sink) || !expected.w.published.contains(sink)) continue;
      auto const should = expected.w.sorted(sink), is = w_.sorted(sink);
      std::vector<row> missing, extra;
      std::set_difference(should.begin(), should.end(), is.begin(), is.end(), std::back_inserter(missing));
      std::set_difference(is.begin(), is.end(), should.begin(), should.end(), std::back_inserter(extra));
      if (s_.in_one_form.contains(sink)) missing.clear();
      if (missing.empty() && extra.empty()) continue;
      std::string text = "sink '" + sink + "': " + std::to_string(missing.size()) + " missing, " + std::to_string(extra.size()) + " too many;";
      for (std::size_t i = 0; i < std::min<std::size_t>(missing.size(), 5); ++i) text += " -" + Catch::Detail::stringify(missing[i]);
      for (std::size_t i = 0; i < std::min<std::size_t>(extra.size(), 5); ++i) text += " +" + Catch::Detail::stringify(extra[i]);
      all += "\n  " + text;
    }
    if (!all.empty()) throw std::runtime_error(all.substr(3));
  }

  subject const& s_;
  undisturbed const& expected_;
  inputs const& in_;
  std::mt19937_64 random_;
  world w_;
  std::vector<std::pair<std::string, std::uint64_t>> points_;
  std::uint32_t parallelism_ = 1;
  std::string savepoint_;  // that is restored; empty: the newest checkpoint is
  bool changes_ = false;   // it is of the job before it was changed
  bool drains_ = false;
  std::uint64_t disturbances_ = 0;  // of the run under way: the most restarts that they explain
  std::string story_;
};

}  // namespace

void attack(subject const& what) {
  auto const in = all_inputs();
  undisturbed const expected(what, in);
  for (auto const& [sink, rows] : expected.w.published) {
    INFO(sink);
    REQUIRE(rows->values().size() >= 5);
  }
  if (what.holds) what.holds(expected.w);
  auto const one = number_of("FLOW_SEED", 0);
  auto const last = one ? one : number_of("FLOW_SEEDS", 2'400) / tests;
  for (std::uint64_t seed = one ? one : 1; seed <= last; ++seed) trial(what, expected, in, seed).go();
}

}  // namespace flow::testing
