// The jobs that process_test.py runs, one per name: each ends, fails, waits or is wrong in its own way.

#include <unistd.h>

#include <iostream>
#include <map>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>

#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

namespace {

struct numbered {
  std::int64_t number = 0;
  std::int64_t square = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(number), CEREAL_NVP(square));
  }
};

struct named {
  std::int64_t number = 0;
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(number), CEREAL_NVP(text));
  }
};

struct line {
  std::string text;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(text));
  }
};

struct window_sum {
  std::int64_t key = 0;
  std::int64_t start_second = 0;
  std::int64_t sum = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(key), CEREAL_NVP(start_second), CEREAL_NVP(sum));
  }
};

struct options {
  std::string input, format, out;
  std::string bad;
  std::int64_t count, rate, at, watch, split_bytes;
  bool overwrite;

  flow::file::csv_sink results() const { return overwrite ? flow::file::csv(out).overwrite() : flow::file::csv(out); }
};

/// 0, 1, 2, ... and their squares, in four splits.
auto numbers(options const& o, std::uint64_t count) {
  auto const all = flow::memory::generate<numbered>(count, [](std::uint64_t i) {
                     auto const n = static_cast<std::int64_t>(i);
                     return numbered{n, n * n};
                   }).splits(4);
  return o.rate > 0 ? all.per_second(static_cast<std::uint64_t>(o.rate)) : all;
}
auto numbers(options const& o) { return numbers(o, static_cast<std::uint64_t>(o.count)); }

void bounded(flow::job& job, options const& o) { job.source("numbers", numbers(o)).sink("results", o.results()); }

void endless(flow::job& job, options const& o) {
  job.source("numbers", numbers(o, flow::memory::unbounded)).sink("results", o.results());
}

/// Endless, as fast as it can, to a device that takes a tenth of a second for each write.
ssize_t write_slowly(int file, void const* bytes, std::size_t size) {
  std::this_thread::sleep_for(100ms);
  return ::write(file, bytes, size);
}
void slow(flow::job& job, options const& o) {
  job.source("numbers", numbers(o, flow::memory::unbounded)).rebalance().sink("results", o.results().write_by(write_slowly)).with_parallelism(1);
}

/// Lines of text to the same device.
void slow_file(flow::job& job, options const& o) {
  job.source("input", flow::file::text(o.input)).map([](std::string const& s) { return line{s}; }).sink("results", o.results().write_by(write_slowly));
}

/// Numbers at some rate, all of them in a table on standard output at the end.
void table(flow::job& job, options const& o) {
  job.source("numbers", numbers(o)).sink("table", flow::file::console_table().title("All numbers").limit(3)).with_parallelism(1);
}

void throwing(flow::job& job, options const& o) {
  auto const picky = [at = o.at](numbered const& n) {
    if (n.number == at) throw std::runtime_error("do not like this number");
    return n;
  };
  job.source("numbers", numbers(o)).map(picky).named("picky").sink("results", o.results()).unchained();
}

void throwing_a_number(flow::job& job, options const& o) {
  auto const picky = [at = o.at](numbered const& n) {
    if (n.number == at) throw 42;
    return n;
  };
  job.source("numbers", numbers(o)).map(picky).named("picky").sink("results", o.results()).unchained();
}

void blocking(flow::job& job, options const& o) {
  auto const stuck = [at = o.at](numbered const& n) {
    if (n.number == at) {
      std::cerr << "waiting for ever" << std::endl;
      std::binary_semaphore(0).acquire();
    }
    return n;
  };
  job.source("numbers", numbers(o)).map(stuck).named("stuck").sink("results", o.results()).unchained();
}

/// Its sink never comes back from making its results visible.
struct hanging_writer final : flow::writer<numbered> {
  void write(flow::batch<numbered> const&) override {}
  void publish() override {
    std::cerr << "publishing for ever" << std::endl;
    std::binary_semaphore(0).acquire();
  }
};
void hanging_publish(flow::job& job, options const& o) {
  job.source("numbers", numbers(o)).sink("stuck", flow::sink<numbered>{[] { return std::make_unique<hanging_writer>(); }, true});
}

void windows(flow::job& job, options const& o) {
  auto const row = [](flow::windowed<std::int64_t, std::int64_t> const& w) {
    return window_sum{w.key, std::chrono::duration_cast<std::chrono::seconds>(w.start.time_since_epoch()).count(), w.value};
  };
  job.source("numbers", numbers(o))
      .event_time([](numbered const& n) { return flow::timestamp{std::chrono::milliseconds(n.number)}; }, flow::out_of_order_by(0ms))
      .key_by([](numbered const& n) { return n.number % 7; })
      .window(flow::tumbling_windows(1s))
      .aggregate<flow::sum<&numbered::square>>("sums")
      .map(row)
      .sink("results", o.results());
}

/// Counts and measures the squares in a function of its own.
struct metered {
  flow::counter_metric odd;
  flow::gauge_metric last;
  flow::histogram_metric squares;
  void open(flow::open_context& context) {
    odd = context.metrics().counter("odd");
    last = context.metrics().gauge("last \"seen\"");
    context.metrics().gauge("never-set");
    squares = context.metrics().histogram("squares");
  }
  void process(numbered const& n, auto&, flow::output<numbered>& out) {
    if (n.number % 2 == 1) odd.increment();
    last.set(n.number);
    squares.record(n.square);
    out.emit(n);
  }
};
void metrics(flow::job& job, options const& o) {
  job.source("numbers", numbers(o)).key_by(&numbered::number).process("metered", metered{}).sink("results", o.results());
}

template <class Source>
auto input_of(flow::job& job, options const& o, Source source) {
  source = source.split_bytes(static_cast<std::uint64_t>(o.split_bytes));
  if (o.watch > 0) source = source.watch(std::chrono::milliseconds(o.watch));
  if (!o.bad.empty()) source = source.on_bad_record(flow::file::divert);
  auto const all = job.source("input", source);
  if (o.bad != "" && o.bad != "unread") all.bad_records().sink("bad", flow::file::csv(o.bad));
  return all;
}
void file(flow::job& job, options const& o) {
  if (o.format == "json") input_of(job, o, flow::file::json<named>(o.input)).sink("results", o.results());
  if (o.format == "csv") input_of(job, o, flow::file::csv<named>(o.input)).sink("results", o.results());
  if (o.format == "text") input_of(job, o, flow::file::text(o.input)).map([](std::string const& s) { return line{s}; }).sink("results", o.results());
}

void mistakes(flow::job& job, options const& o) {
  auto const all = job.source("numbers", numbers(o));
  auto const same = [](numbered const& n) { return n; };
  all.map(same).named("unread");
  all.map(same).named("nowhere").with_parallelism(0).sink("twice", flow::memory::discard());
  all.sink("twice", flow::memory::discard());
  all.sink("", flow::memory::discard());
  all.key_by(&numbered::number).window(flow::tumbling_windows(1s)).aggregate<flow::count>("timeless").sink("counts", flow::memory::discard());
}

}  // namespace

int main(int argc, char** argv) try {
  std::map<std::string, void (*)(flow::job&, options const&)> const jobs{
      {"bounded", bounded},   {"endless", endless},   {"slow", slow},         {"table", table},       {"slow-file", slow_file},
      {"throwing", throwing}, {"throwing-a-number", throwing_a_number},       {"file", file},         {"blocking", blocking},
      {"windows", windows},   {"mistakes", mistakes}, {"hanging-publish", hanging_publish}, {"metrics", metrics}};
  flow::arguments arguments{argc, argv};
  auto const name = arguments.text("job", "bounded", "which job to run");
  options o;
  o.input = arguments.text("input", "", "the file, folder or pattern that job 'file' reads");
  o.bad = arguments.text("bad", "", "folder for what is no record, or 'unread'; without it such input fails the job");
  o.watch = arguments.number("watch", 0, "how often job 'file' looks for new files, in milliseconds; 0 is once");
  o.split_bytes = arguments.number("split-bytes", 64 << 20, "how large the parts of a divided file are");
  o.format = arguments.text("format", "json", "of the input: json, csv or text");
  o.out = arguments.text("out", "out", "folder for the results");
  o.count = arguments.number("count", 1000, "how many numbers there are");
  o.rate = arguments.number("rate", 0, "numbers per second; 0 is as many as possible");
  o.at = arguments.number("at", 500, "the number at which something happens");
  o.overwrite = arguments.flag("overwrite", "replace earlier results");

  auto const chosen = jobs.find(name);
  if (chosen == jobs.end()) throw flow::error(flow::error_code::usage, "there is no job '" + name + "'");
  flow::job job{name};
  chosen->second(job, o);
  return flow::run(job, arguments);
} catch (flow::error const& e) {
  std::cerr << e.what() << '\n';
  return flow::exit_status::wrong_usage;
}
