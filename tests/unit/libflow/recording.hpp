#pragma once
// A receiver that writes down all it is given, and batches made by hand.

#include <limits>
#include <string>
#include <vector>

#include <flow/operator/operator.hpp>

namespace recording {

inline flow::timestamp at(std::int64_t micros) { return flow::timestamp{flow::duration{micros}}; }
inline std::int64_t micros(flow::timestamp t) { return t.time_since_epoch().count(); }

/// A batch of these records; with `times` (as many) it has timestamps, with `hashes` key hashes.
template <class T>
flow::batch_ref batch_of(std::vector<T> const& records, std::vector<std::int64_t> const& times = {},
                         std::vector<std::uint64_t> const& hashes = {}) {
  auto b = flow::batch_type_of<T>.create(static_cast<std::uint32_t>(records.size() + 1));
  for (auto const& r : records) flow::as<T>(*b).emplace_back(r);
  for (std::size_t i = 0; i < times.size(); ++i) b->add_timestamps()[i] = at(times[i]);
  for (std::size_t i = 0; i < hashes.size(); ++i) b->add_hashes()[i] = hashes[i];
  return b;
}

template <class T>
std::vector<T> records_of(flow::batch_ref const& b) {
  auto const& records = flow::as<T>(*b);
  return {records.begin(), records.end()};
}

/// Takes `room` batches before it is not ready. `log` is what came, in order: "3 records", "watermark 7", "idle", ...
template <class T>
class recorder final : public flow::receiver {
 public:
  void receive(flow::batch_ref& b) override {
    if (!ready()) ++received_unready;
    auto const& batch = flow::as<T>(*b);
    records.insert(records.end(), batch.begin(), batch.end());
    for (auto const t : b->timestamps()) times.push_back(micros(t));
    hashes.insert(hashes.end(), b->hashes().begin(), b->hashes().end());
    sizes.push_back(b->size());
    was_unique.push_back(b.unique());
    log.push_back(std::to_string(b->size()) + (b->size() == 1 ? " record" : " records"));
    if (room > 0) --room;
    if (keep) kept.push_back(b);
  }
  void watermark(flow::timestamp w) override { log.push_back(w == flow::end_of_time ? "end of time" : "watermark " + std::to_string(micros(w))); }
  void idle() override { log.push_back("idle"); }
  void pass(flow::barrier const& b) override { log.push_back("barrier " + std::to_string(b.checkpoint)); }
  void end() override { log.push_back("end"); }
  bool ready() const override { return room > 0; }

  std::size_t room = std::numeric_limits<std::size_t>::max();
  bool keep = false;  // holds on to what it is given, as a second reader would
  std::vector<flow::batch_ref> kept;
  std::vector<T> records;
  std::vector<std::int64_t> times;
  std::vector<std::uint64_t> hashes;
  std::vector<std::size_t> sizes;
  std::vector<bool> was_unique;
  std::vector<std::string> log;
  int received_unready = 0;
};

inline flow::operator_context context(std::uint32_t batch_size = 1024) {
  flow::operator_context c;
  c.batch_size = batch_size;
  return c;
}

/// An operator with a recorder at each output.
template <class T, class Operator>
struct alone {
  template <class... A>
  explicit alone(std::uint32_t batch_size, A&&... arguments) : op("the-operator", std::forward<A>(arguments)...), outputs(op.ports()) {
    for (std::size_t i = 0; i < outputs.size(); ++i) op.port(i).connect(outputs[i]);
    op.start(context(batch_size));
  }
  void give(flow::batch_ref b) { op.receive(b); }

  Operator op;
  std::vector<recorder<T>> outputs;
  recorder<T>& out = outputs[0];
};

}  // namespace recording
