#pragma once
// A job: a graph of operators, built as a value.
//
//     flow::job job{"flight-delays"};
//     job.source("departures", ...).event_time(...).key_by(...).window(...).aggregate<...>("...").sink("out", ...);
//     return flow::run(job, arguments);
//
// Building runs nothing. A job is move-only; stream handles stay valid when it is moved.

#include <memory>
#include <string>

#include <flow/operator/source_operator.hpp>
#include <flow/stream.hpp>

namespace flow {

class job {
 public:
  explicit job(std::string name) : name_(std::move(name)), graph_(std::make_unique<flow::graph>()) {}

  /// A stream of what a source reads. The name is the identity of its positions in every snapshot.
  template <class S>
  auto source(std::string name, S const& from) {
    static_assert(source_like<S>, "this is no source: it needs a `record_type` and `flow::source<record_type> make() const`");
    using T = typename S::record_type;
    flow::source<T> made = from.make();
    bool const named = !name.empty();
    node& n = graph_->add("source", std::move(name));
    detail::must_be_named(n, named);
    n.blocking = made.blocking;
    n.outputs = {{&batch_type_of<T>, ""}};
    if (made.on_bad_record == bad_record_policy::divert) n.outputs.push_back({&batch_type_of<bad_record>, "bad records", false, false});
    n.make_enumerator = made.make_enumerator;
    n.make = [made](node const& self) {
      return std::make_unique<source_operator<T>>(self.name, made.make_reader(), self.make_assigner ? self.make_assigner() : nullptr,
                                                  made.on_bad_record);
    };
    return stream<T>({graph_.get(), n.id, 0});
  }

  std::string const& name() const { return name_; }
  flow::graph const& graph() const { return *graph_; }

 private:
  std::string name_;
  std::unique_ptr<flow::graph> graph_;
};

}  // namespace flow
