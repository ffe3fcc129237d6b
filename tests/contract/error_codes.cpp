// Each code of the catalogue (libflow/doc/errors.md) is provoked here as a user would do it. A code that nothing can
// provoke has no place in the catalogue.

#include <catch2/catch.hpp>

#include <unistd.h>

#include <caf/scoped_actor.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include <flow/actors.hpp>
#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>
#include <flow/testing.hpp>

using namespace flow;
using namespace std::chrono_literals;

namespace {

struct number {
  std::int64_t n = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(n)); }
};

/// A folder that is removed at the end.
struct folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("flow-errors-" + std::to_string(getpid()));
  folder() { std::filesystem::create_directories(path); }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string file(std::string const& text) const {
    auto const name = (path / "input").string();
    std::ofstream(name) << text;
    return name;
  }
};

auto numbers(std::uint64_t count) {
  return memory::generate<number>(count, [](std::uint64_t i) { return number{static_cast<std::int64_t>(i)}; });
}
template <class Source>
void copy(Source const& from) {
  job j("copy");
  j.source("in", from).sink("out", memory::discard());
  execute(j, settings{}.parallelism(1));
}
template <class F>
void mapped(F f) {
  job j("mapped");
  j.source("in", numbers(10)).map(f).sink("out", memory::discard());
  execute(j, settings{}.parallelism(1));
}
/// Writes to a device that answers each write with an error of the operating system.
void write_to_device(int error_number) {
  folder f;
  job j("writing");
  j.source("in", numbers(10)).sink("out", file::csv((f.path / "out").string()).write_by([error_number](int, void const*, std::size_t) {
    errno = error_number;
    return ssize_t{-1};
  }));
  execute(j, settings{}.parallelism(1));
}
void emit_without_end() {
  job j("emitting");
  auto const many = [](number const& n, output<number>& out) {
    for (int i = 0; i < 100'000; ++i) out.emit(n);
  };
  j.source("in", numbers(1)).flat_map<number>(many).rebalance().sink("out", memory::discard()).with_parallelism(2);
  execute(j, settings{}.parallelism(1).task_buffer(1).max_call_output(1'000));
}
/// A function that returns only when the job has been found not to end.
void block() {
  std::atomic<bool> is_in{false}, may_return{false};
  job j("blocked");
  j.source("in", numbers(1)).map([&](number const& n) {
     is_in = true;
     is_in.notify_all();
     may_return.wait(false);
     return n;
   }).named("stuck").sink("out", memory::discard());
  auto running = start(j, settings{}.parallelism(1).cancel_timeout(1ms));
  is_in.wait(false);
  running.cancel();
  std::optional<error> found;
  while (!(found = running.unresponsive()) && !running.wait_for(1ms)) {
  }
  may_return = true;
  may_return.notify_all();
  CHECK(running.await().end == job_result::how::cancelled);
  REQUIRE(found);
  throw *found;
}
/// A sink that breaks its contract: it is never ready, and wakes nobody.
void hang() {
  struct never_ready final : writer<number> {
    bool ready() const override { return false; }
    void write(batch<number> const&) override {}
  };
  job j("hanging");
  j.source("in", numbers(1)).sink("out", sink<number>{[] { return std::make_unique<never_ready>(); }});
  testing::run(j, testing::deterministic(1));
}

/// Another system that always answers with a failure.
void ask_in_vain() {
  job j("asking");
  auto const ask = [](number const&, reply<number> r) { r.fail("the line is dead"); };
  j.source("in", numbers(1)).async("ask", ask, retry(1).backoff(0us, 0us)).sink("out", memory::discard());
  execute(j, settings{}.parallelism(1));
}

/// A savepoint of a job that has ended.
void ask_too_late() {
  job j("ended");
  j.source("in", numbers(1)).sink("out", memory::discard());
  auto running = start(j, settings{}.parallelism(1));
  running.await();
  running.savepoint("savepoint").get();
}

/// An application that awaits a job, the handle of which is killed meanwhile.
void lose_the_handle() {
  caf::actor_system_config config;
  actors::configure(config);
  caf::actor_system system(config);
  caf::scoped_actor self(system);
  job j("endless");
  j.source("in", numbers(memory::unbounded)).sink("out", memory::discard());
  auto const running = actors::spawn(system, std::move(j), settings{}.parallelism(1));
  auto awaiting = self->request(running, caf::infinite, actors::await_v);
  caf::anon_send_exit(running, caf::exit_reason::kill);
  awaiting.receive([](job_result const&) {}, [](caf::error const& e) { throw actors::from_caf(e).value(); });
}

struct provocation {
  std::function<void()> act;
  std::string operator_name, message;  // what the error must say
};
std::map<error_code, provocation> provocations() {
  return {
      {error_code::usage, {[] { settings{}.set("batch-size", "0"); }, "", "expected a whole number from 1"}},
      {error_code::invalid_job, {[] { execute(job("empty")); }, "", "the job has no source"}},
      {error_code::user_function, {[] { mapped([](number const& n) { return n.n == 7 ? throw std::runtime_error("unlucky") : n; }); }, "map-1", "unlucky"}},
      {error_code::bad_record, {[] { folder f; copy(file::json<number>(f.file("{\"n\":1}\n{\"n\":x}\n"))); }, "in", ":2:6: expected"}},
      {error_code::not_found, {[] { folder f; copy(file::text((f.path / "none").string())); }, "in", "check the path"}},
      {error_code::permission_denied, {[] { write_to_device(EACCES); }, "out", "check the owner and mode"}},
      {error_code::no_space, {[] { write_to_device(ENOSPC); }, "out", "free some space"}},
      {error_code::io, {[] { write_to_device(EIO); }, "out", "check the device"}},
      {error_code::request_failed, {ask_in_vain, "ask", "the line is dead"}},
      {error_code::checkpoint_failed, {ask_too_late, "", "the job has ended"}},
      {error_code::limit_exceeded, {emit_without_end, "flat_map-1", "max-call-output"}},
      {error_code::cancelled, {lose_the_handle, "", "handle of the job was killed"}},
      {error_code::not_responding, {block, "", "operator 'stuck' (subtask 0)"}},
      {error_code::internal, {hang, "", "hangs"}},
  };
}

}  // namespace

TEST_CASE("every code of the catalogue can be provoked, and comes with the operator and a message that says what to do") {
  auto const known = provocations();
  for (auto const& described : error_catalogue()) {
    INFO(described.name);
    auto const provoked = known.find(described.code);
    REQUIRE(provoked != known.end());
    auto const& [act, operator_name, message] = provoked->second;
    try {
      act();
      FAIL("nothing was thrown");
    } catch (error const& e) {
      CHECK(e.code() == described.code);
      CHECK(e.retry() == described.retry);
      CHECK(e.operator_name() == operator_name);
      CHECK_THAT(e.message(), Catch::Contains(message));
    }
  }
  CHECK(known.size() == error_catalogue().size());
}
