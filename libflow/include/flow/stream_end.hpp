#pragma once
// What all handles to streams share: where they point, and how an operator is added there.

#include <string>
#include <vector>

#include <flow/failures.hpp>
#include <flow/graph/graph.hpp>
#include <flow/operator/output.hpp>
#include <flow/watermark.hpp>

namespace flow {

template <class T, class Handle>
class basic_stream;
template <class T>
class stream;
template <class T>
class broadcast_stream;
template <class T, class Out>
class stream_with_failures;
template <class T, class Selector>
class keyed_stream;

namespace detail {

/// Where a handle points, and how the next operator is to be fed from there.
struct stream_end {
  graph* job = nullptr;
  node_id node = 0;
  std::uint32_t port = 0;
  flow::partitioning partitioning = partitioning::forward;

  edge to_edge() const { return {node, port, partitioning}; }
};

struct no_key;
template <class T, class Selector>
struct connection;

template <class T>
node& add_operator(stream_end const& from, std::string kind, std::string name) {
  node& n = from.job->add(std::move(kind), std::move(name));
  n.inputs.push_back(from.to_edge());
  return n;
}

/// An operator under whose name state or positions are stored.
inline void must_be_named(node& n, bool named) {
  n.must_be_named = true;
  if (!named) n.name.clear();
}

/// Failed records get an output of their own, the second.
template <class T>
void divert_failures_of(node& n) {
  n.diverts_failures = true;
  n.outputs.push_back({&batch_type_of<failed_record<T>>, "failed", false});
}

/// The side outputs of a node that were asked for come behind the others.
inline std::uint32_t first_side(node const& n) { return n.diverts_failures ? 2 : 1; }
inline std::vector<side_output> sides_of(node const& n) {
  std::vector<side_output> sides;
  for (std::size_t i = first_side(n); i < n.outputs.size(); ++i) sides.push_back({n.outputs[i].name, n.outputs[i].type});
  return sides;
}

/// What is wrong with the options of a watermark strategy; `splits`: whether it follows the splits of a source.
inline void check_watermarks(node& n, watermark_options const& options, bool splits) {
  if (options.idle_after.count() < 0) n.mistakes.push_back("idle_after must not be negative");
  if (options.idle_after > std::chrono::days(10'000)) n.mistakes.push_back("idle_after is at most 10000 days; leave it out for never");
  if (options.max_drift.count() < 0) n.mistakes.push_back("max_drift must not be negative");
  if (!splits && (options.idle_after.count() != 0 || options.max_drift.count() != 0))
    n.mistakes.push_back("idle_after and max_drift are of the splits of a source; say event_time(...) on the source, before anything else reads it");
}

template <class T, class Selector, class F, class... Options>
auto join_by_lookup(stream_end const& end, Selector key, F find, Options... options);  // async/lookup_join.hpp

}  // namespace detail

}  // namespace flow
