// Starts the job again whenever it has died, as a service manager would, and compares what it has published in the end.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>

#include "job_process.hpp"
#include "results.hpp"

#include <flow/run.hpp>
#include <flow/snapshot/snapshot_store.hpp>

using namespace std::chrono_literals;
using words = std::vector<std::string>;

namespace {

class crashing_show {
 public:
  crashing_show(options const& o, flow::settings const& s, words passed_on)
      : options_(o), settings_(s), passed_on_(std::move(passed_on)), snapshots_(o.out + "/snapshots"), random_(static_cast<std::uint64_t>(o.seed)), subtasks_(s.parallelism()) {
    options_.notes = o.out + "/notes";
  }

  int run() {
    std::filesystem::create_directories(options_.out);
    std::filesystem::remove_all(snapshots_);  // of an earlier show
    std::printf("run  subtasks  goes on from    reads again  killed at     first new results  rows published\n");
    for (int number = 1;; ++number) {
      auto const from = newest_checkpoint();
      job_process job(next_options(number), next_words(number));
      job.watch();
      if (!job.killed() && !job.finished()) return failed(job);
      tell(number, job, from);
      read_ += job.notes().read;
      reached_ = job.reached();
      if (job.finished()) return compare(number);
    }
  }

 private:
  /// The next run dies at another record.
  options next_options(int number) {
    auto o = options_;
    o.out += "/recovered";
    if (number <= o.crashes) o.crash_after = std::uniform_int_distribution<std::int64_t>(std::max<std::int64_t>(1, o.within / 4), std::max<std::int64_t>(1, o.within))(random_);
    return o;
  }
  /// Every other time with another parallelism.
  words next_words(int number) {
    if (number > 1 && random_() % 2 == 0) subtasks_ = 1 + static_cast<std::uint32_t>(random_() % 4);
    bool const is_default = settings_.checkpoint_interval() == flow::settings{}.checkpoint_interval();
    words all{"--set", "batch-size=32"};  // a task looks at barriers between batches, and this one sleeps
    all.insert(all.end(), passed_on_.begin(), passed_on_.end());
    all.insert(all.end(), {"--snapshots", snapshots_, "--restore-or-fresh", "--checkpoint-interval",
                           flow::format_duration(is_default ? 100ms : settings_.checkpoint_interval()), "--parallelism", std::to_string(subtasks_)});
    return all;
  }
  /// From which a run goes on; 0 where there is none yet.
  std::uint64_t newest_checkpoint() const {
    if (!std::filesystem::exists(snapshots_)) return 0;
    auto const all = flow::read_snapshots(snapshots_)->list();
    return all.empty() ? 0 : all.back().id;
  }

  void tell(int number, job_process const& job, std::uint64_t from) const {
    std::string const origin = from > 0 ? "checkpoint " + std::to_string(from) : "nothing";
    auto const again = reached_ - std::min<std::uint64_t>(reached_, job.notes().before);
    std::string const end = job.killed() ? "record " + std::to_string(job.reached()) : "the end";
    std::string const first = job.first_result() ? std::to_string(job.first_result()->count()) + " ms" : "none";
    std::printf("%3d  %8u  %-14s  %11llu  %-12s  %17s  %14zu\n", number, subtasks_, origin.c_str(), static_cast<unsigned long long>(again), end.c_str(), first.c_str(),
                rows_in(options_.out + "/recovered").size());
    std::fflush(stdout);
  }
  static int failed(job_process const& job) {
    std::fprintf(stderr, "the run %s\n", job.end_in_words().c_str());
    return flow::exit_status::failed;
  }

  int compare(int runs) const {
    auto calm = options_;
    calm.out += "/undisturbed";
    calm.rate = 0;
    auto all = passed_on_;
    all.insert(all.end(), {"--parallelism", std::to_string(settings_.parallelism())});
    job_process job(calm, all);
    job.watch();
    if (!job.finished()) return failed(job);
    auto const found = rows_in(options_.out + "/recovered");
    std::printf("\n");
    bool const same = equal(found, rows_in(calm.out));
    std::printf("%zu rows, %s an undisturbed run. %d processes have read %llu records for them, %llu of these again.\n", found.size(), same ? "equal to those of" : "NOT those of",
                runs, static_cast<unsigned long long>(read_), static_cast<unsigned long long>(read_ - reached_));
    return same ? flow::exit_status::finished : flow::exit_status::failed;
  }

  options options_;
  flow::settings settings_;
  words passed_on_;
  std::string snapshots_;
  std::mt19937_64 random_;
  std::uint32_t subtasks_;
  std::uint64_t read_ = 0;     // by all runs
  std::uint64_t reached_ = 0;  // by the last
};

/// Settings of the command line: `--set key=value` and `--set=key=value`.
words settings_in(int argc, char** argv) {
  words found;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    if (word.starts_with("--set=")) found.push_back(word);
    if (word == "--set" && i + 1 < argc) found.insert(found.end(), {word, argv[i + 1]});
  }
  return found;
}

}  // namespace

int show(options const& o, flow::settings const& s, int argc, char** argv) { return crashing_show(o, s, settings_in(argc, argv)).run(); }
