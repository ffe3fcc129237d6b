#pragma once
// Sources and sinks that a graph can be built from and that do nothing.

#include <flow/flow.hpp>

namespace nothing {

struct no_splits final : flow::split_enumerator {
  std::vector<flow::split> discover() override { return {}; }
};
template <class T>
struct no_records final : flow::reader<T> {
  void assign(std::uint32_t, flow::split const&) override {}
  flow::poll_result poll(flow::batch<T>&) override { return {}; }
  std::string position(std::uint32_t) const override { return {}; }
  void seek(std::uint32_t, std::string const&) override {}
  void pause(std::uint32_t, bool) override {}
};
template <class T>
flow::source<T> source(bool blocking = false) {
  return {[] { return std::make_unique<no_splits>(); }, [] { return std::make_unique<no_records<T>>(); }, blocking};
}

template <class T>
struct forgets final : flow::writer<T> {
  void write(flow::batch<T> const&) override {}
};
struct sink {
  bool blocking = false;
  bool needs_checkpoints = false;
  template <class T>
  flow::sink<T> make() const {
    return {.make_writer = [] { return std::make_unique<forgets<T>>(); }, .blocking = blocking, .needs_checkpoints = needs_checkpoints};
  }
};

struct event {
  std::int64_t id = 0;
  flow::timestamp at{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(id), CEREAL_NVP(at)); }
};

}  // namespace nothing
