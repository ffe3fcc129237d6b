#pragma once
// The contract of a two-phase sink as a test: attempts of a job that write, take checkpoints, crash anywhere and start again.
//
// What is visible is always part of what completed checkpoints hold; after `recover` it is exactly that; at the end it is
// every record once, and nothing else is left.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "sink_contract.hpp"

namespace flow::testing {

/// Whether `some` are among `all`, none more often than there.
template <class T>
bool are_among(std::vector<T> const& some, std::vector<T> const& all) {
  auto const few = sorted_texts(some), many = sorted_texts(all);
  return std::includes(many.begin(), many.end(), few.begin(), few.end());
}

/// The engine's part, by hand and at random: the job is read from `records`, record i by subtask i modulo their number.
template <class T, class Sink>
class two_phase_trial {
 public:
  two_phase_trial(std::string name, output_place<T, Sink> place, std::vector<T> records, std::uint64_t seed)
      : name_(std::move(name)), place_(std::move(place)), made_(place_.sink.template make<T>()), records_(std::move(records)), random_(seed) {
    start();
  }

  bool finished() const { return finished_; }
  /// Writes some records, takes a checkpoint, or ends the attempt in one of the ways it can end.
  void step() {
    switch (random_() % 8) {
      case 0: return crash(random_() % 2 == 0);
      case 1: return checkpoint();
      case 2: clock_.advance(std::chrono::milliseconds(random_() % 700)); return;
      default: write(1 + random_() % 9);
    }
    if (next_ == records_.size()) end();
  }
  void check_all_visible() const {
    CHECK(difference(records_, place_.visible()) == "");
    check_nothing_left();
  }

 private:
  struct subtask {
    std::unique_ptr<flow::writer<T>> writer;
    std::unique_ptr<flow::committer> committer;
    std::vector<bytes> pending{};
  };
  struct checkpoint_taken {
    std::size_t next = 0;  // record
    std::vector<bytes> committables{};
    bool last = false;
  };

  connector_context context(std::uint32_t number, std::size_t parallelism) const {
    connector_context c;
    c.operator_name = name_;
    c.subtask = number;
    c.parallelism = static_cast<std::uint32_t>(parallelism);
    c.checkpoints = true;
    c.attempt = attempt_;
    c.clock = &clock_;
    return c;
  }

  // ---- an attempt

  void start() {
    ++attempt_;
    for (std::uint64_t times = 1 + random_() % 2; times > 0; --times) {  // also as if it had died before it was done
      auto const first = made_.make_committer();
      first->open(context(0, 1));
      first->recover(stored_.committables);
    }
    check_exactly(stored_.next);
    check_nothing_left();
    next_ = stored_.next;
    if (stored_.last) {
      finished_ = true;
      return;
    }
    auto const parallelism = 1 + random_() % 3;
    for (std::uint32_t i = 0; i < parallelism; ++i) {
      auto& s = subtasks_.emplace_back(subtask{made_.make_writer(), made_.make_committer()});
      s.committer->open(context(i, parallelism));
      s.writer->open(context(i, parallelism));
    }
  }
  void write(std::size_t count) {
    for (; count > 0 && next_ < records_.size(); --count, ++next_) {
      auto& s = subtasks_[next_ % subtasks_.size()];
      batch<T> b(1);
      b.emplace_back(records_[next_]);
      REQUIRE(s.writer->ready());
      s.writer->write(b);
    }
    if (random_() % 2) subtasks_[0].writer->flush();
    check_no_more_than_stored();
  }
  /// A crash leaves everything as it is; another end of an attempt abandons the writers.
  void crash(bool abandons) {
    if (abandons)
      for (auto& s : subtasks_) s.writer->abandon();
    subtasks_.clear();
    start();
  }

  // ---- checkpoints

  /// Which crashes or fails at random; what it has prepared stays pending then.
  void checkpoint(bool last = false) {
    ++checkpoint_;
    checkpoint_taken taken{next_, {}, last};
    for (auto& s : subtasks_) {
      auto prepared = s.writer->prepare(checkpoint_);
      for (auto& p : prepared) s.pending.push_back(std::move(p));
      if (random_() % 16 == 0) return crash(false);
    }
    check_no_more_than_stored();
    if (random_() % 4 == 0) return random_() % 2 ? crash(random_() % 2 == 0) : void();  // it fails, with the job or alone
    for (auto const& s : subtasks_) taken.committables.insert(taken.committables.end(), s.pending.begin(), s.pending.end());
    stored_ = std::move(taken);
    if (random_() % 4 == 0) write(random_() % 5);  // before it is known to be complete
    commit();
  }
  void commit() {
    for (auto& s : subtasks_) {
      if (random_() % 12 == 0) return crash(false);
      std::span<bytes const> const all(s.pending);
      if (random_() % 6 == 0) s.committer->commit(all.first(all.size() / 2));
      if (random_() % 12 == 0) return crash(random_() % 2 == 0);
      s.committer->commit(all);
      if (random_() % 6 == 0) s.committer->commit(all);
      s.pending.clear();
    }
    check_no_more_than_stored();
    finished_ = stored_.last;
  }
  void end() {
    for (auto& s : subtasks_) s.writer->finish();
    auto const attempt = attempt_;
    while (!finished_ && attempt == attempt_) checkpoint(true);
    if (attempt == attempt_)
      for (auto& s : subtasks_) s.writer->publish();
  }

  // ---- what is visible

  void check_exactly(std::size_t count) const {
    CHECK(difference(std::vector<T>(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count)), place_.visible()) == "");
  }
  void check_no_more_than_stored() const {
    CHECK(are_among(place_.visible(), std::vector<T>(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(stored_.next))));
  }
  void check_nothing_left() const {
    if (place_.left_over) CHECK(place_.left_over() == std::vector<std::string>{});
  }

  std::string const name_;
  output_place<T, Sink> const place_;
  flow::sink<T> const made_;
  std::vector<T> const records_;
  std::mt19937_64 random_;
  manual_clock clock_;
  std::vector<subtask> subtasks_;
  checkpoint_taken stored_;
  std::size_t next_ = 0;  // record
  std::uint64_t attempt_ = 0;
  checkpoint_id checkpoint_ = 0;
  bool finished_ = false;
};

/// A whole job that dies somewhere, again and again, until it comes to its end.
template <class T, class Sink>
void crashing_job(output_place<T, Sink> const& place, std::vector<T> const& records, std::mt19937_64& random) {
  memory_snapshots snapshots;
  for (int crashes = static_cast<int>(random() % 6);; --crashes) {
    job j("contract");
    j.source("records", memory::values(records, 3)).sink("under test", place.sink);
    auto how = deterministic(random());
    how.snapshots = &snapshots;
    how.barrier_every = 3 + random() % 30;
    if (crashes > 0) how.crash_after = random() % 500;
    settings s;
    s.parallelism(1 + static_cast<std::uint32_t>(random() % 3)).batch_size(3).task_buffer(64).keep_succeeded(true).restore({.origin = {.form = restore_form::latest_or_fresh}});
    auto const r = run(j, how, s);
    CHECK(are_among(place.visible(), records));
    if (r.crashed) continue;
    if (r.failure) FAIL(r.failure->what());
    return;
  }
}

/// `make_place()` gives a fresh place for each of the trials.
template <class T, class MakePlace>
void two_phase_contract(std::vector<T> const& records, MakePlace make_place, std::uint64_t trials = 15) {
  std::uint64_t const first = std::random_device{}();
  for (std::uint64_t seed = first; seed < first + trials; ++seed) {
    INFO("seed " << seed);
    two_phase_trial trial("under test", make_place(), records, seed);
    while (!trial.finished()) trial.step();
    trial.check_all_visible();

    auto const place = make_place();
    std::mt19937_64 random(seed);
    crashing_job(place, records, random);
    CHECK(difference(records, place.visible()) == "");
    if (place.left_over) CHECK(place.left_over() == std::vector<std::string>{});
  }
}

/// The same of two sinks that share a place; `make_pair(names...)` gives a place for each, of which each shows its own records only.
template <class T, class MakePair>
void two_sinks_contract(std::vector<T> const& records, MakePair make_pair, std::uint64_t trials = 5) {
  std::uint64_t const first = std::random_device{}();
  for (std::uint64_t seed = first; seed < first + trials; ++seed) {
    INFO("seed " << seed);
    auto [left, right] = make_pair("sink", "sink-0001");
    two_phase_trial a("sink", left, records, seed), b("sink-0001", right, records, seed + 1);
    while (!a.finished() || !b.finished()) {
      if (!a.finished()) a.step();
      if (!b.finished()) b.step();
    }
    a.check_all_visible();
    b.check_all_visible();
  }
}

}  // namespace flow::testing
