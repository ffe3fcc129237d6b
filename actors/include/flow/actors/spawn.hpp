#pragma once
// A job in an actor system of the application's own.

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/atom.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <flow/job.hpp>
#include <flow/run.hpp>

namespace flow {

// As messages. A result that is sent never carries a failure: that is an error in its place.
template <class Inspector>
auto inspect(Inspector& f, input_size& s) {
  constexpr auto unknown = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t bytes = s.bytes.value_or(unknown), records = s.records.value_or(unknown);
  auto const known = [](std::uint64_t n) { return n == unknown ? std::nullopt : std::optional(n); };
  auto const load = [&]() -> caf::error {
    s = {known(bytes), known(records)};
    return caf::none;
  };
  return f(caf::meta::type_name("flow::input_size"), bytes, records, caf::meta::load_callback(load));
}
/// Sums and bounds by their bits: CAF 0.17 never comes to an end with an infinity, and makes a number of NaN.
template <class Inspector, class... Others>
auto inspect_metric(Inspector& f, char const* type, double& sum, double& min, double& max, Others&... others) {
  auto const bits = [](double n) { return std::bit_cast<std::uint64_t>(n); };
  std::uint64_t sum_bits = bits(sum), min_bits = bits(min), max_bits = bits(max);
  auto const load = [&]() -> caf::error {
    sum = std::bit_cast<double>(sum_bits), min = std::bit_cast<double>(min_bits), max = std::bit_cast<double>(max_bits);
    return caf::none;
  };
  return f(caf::meta::type_name(type), sum_bits, min_bits, max_bits, others..., caf::meta::load_callback(load));
}
template <class Inspector>
auto inspect(Inspector& f, gauge_summary& g) { return inspect_metric(f, "flow::gauge_summary", g.sum, g.min, g.max, g.subtasks); }
template <class Inspector>
auto inspect(Inspector& f, histogram_summary& h) {
  return inspect_metric(f, "flow::histogram_summary", h.sum, h.min, h.max, h.count, h.buckets);
}
template <class Inspector>
auto inspect(Inspector& f, metrics_summary& m) {
  return f(caf::meta::type_name("flow::metrics_summary"), m.counters, m.gauges, m.histograms);
}
template <class Inspector>
auto inspect(Inspector& f, operator_summary& s) {
  return f(caf::meta::type_name("flow::operator_summary"), s.name, s.kind, s.is_source, s.is_sink, s.task, s.parallelism, s.records_in,
           s.records_out, s.processed, s.late, s.filtered, s.unread, s.bad, s.bytes, s.expected, s.watermark, s.busy, s.idle, s.blocked, s.metrics);
}
template <class Inspector>
auto inspect(Inspector& f, checkpoint_summary& c) {
  return f(caf::meta::type_name("flow::checkpoint_summary"), c.on, c.completed, c.failed, c.last_failure, c.restored, c.last, c.age, c.duration, c.bytes, c.written_bytes);
}
template <class Inspector>
auto inspect(Inspector& f, job_result& r) {
  return f(caf::meta::type_name("flow::job_result"), r.end, r.operators, r.elapsed, r.most_bytes_in_flight, r.last_barrier, r.restarts, r.checkpoints);
}

}  // namespace flow

namespace flow::actors {

using await_atom = caf::atom_constant<caf::atom("await")>;
using cancel_atom = caf::atom_constant<caf::atom("cancel")>;
using counters_atom = caf::atom_constant<caf::atom("counters")>;
using savepoint_atom = caf::atom_constant<caf::atom("savepoint")>;
using stop_with_savepoint_atom = caf::atom_constant<caf::atom("stop_save")>;
inline constexpr await_atom await_v{};
inline constexpr cancel_atom cancel_v{};
inline constexpr counters_atom counters_v{};
inline constexpr savepoint_atom savepoint_v{};
inline constexpr stop_with_savepoint_atom stop_with_savepoint_v{};

/// A job under way.
///
///   * `await_v` is answered when the job has ended, or at once when it already has, to any number of requests: with its
///     result when it finished or was cancelled, with an error when it failed (`from_caf` in <flow/actors/errors.hpp>
///     gives code, operator and message). When tasks do not end within `cancel-timeout` after a cancel or a failure,
///     requests are answered with an error (not_responding) that names the operator they are in.
///   * `cancel_v` asks the job to end: sources stop, sinks publish what they have received. Answered at once; await the end.
///   * `counters_v` is answered with the counters as they are, or as they were at the end.
///   * `savepoint_v` and a path: takes a savepoint in that directory, which is made, and is answered with its id, or with an error that says
///     why there is none (as with `flow::running_job::savepoint`); the job runs on.
///   * `stop_with_savepoint_v` and a path: the same, and then the job ends (`stopped`); with `true` behind the path it is drained before, as if
///     its input had ended.
///
/// How it lives with other actors: the exit of an actor that uses the handle does nothing to the job. An exit message other than
/// normal, from a linked actor or sent on purpose, cancels the job; the actor terminates when the job has ended. It does not
/// terminate because the job ended, so that it can be asked later: await, rather than monitor it. When nobody holds the handle
/// any more and no request is waiting, the job is cancelled, as with `flow::running_job`: otherwise an actor system
/// that waits for its actors before it shuts down could wait for ever. Who wants a job to go on holds its handle.
using job_actor = caf::typed_actor<caf::replies_to<await_atom>::with<job_result>, caf::reacts_to<cancel_atom>,
                                   caf::replies_to<counters_atom>::with<std::vector<operator_summary>>,
                                   caf::replies_to<savepoint_atom, std::string>::with<std::uint64_t>,
                                   caf::replies_to<stop_with_savepoint_atom, std::string>::with<std::uint64_t>,
                                   caf::replies_to<stop_with_savepoint_atom, std::string, bool>::with<std::uint64_t>>;

/// Starts a job whose tasks are actors of `system`. Throws `flow::error` (invalid_job) that lists every mistake of the graph.
///
/// The run owns the job, so that it cannot dangle: hand it over with `std::move`. Any scheduler will do, `configure` sets
/// the recommended one; `settings::threads` means nothing here, the system has its own. The supervisor and the tasks of
/// blocking sources and sinks are detached actors; under CAF's deterministic scheduler they are ordinary ones.
[[nodiscard]] job_actor spawn(caf::actor_system& system, job j, settings const& s = {});

}  // namespace flow::actors
