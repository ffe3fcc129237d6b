#pragma once
// How these tests read: a reader by hand, as the engine would.

#include <memory>
#include <string>
#include <vector>

#include <flow/source.hpp>

namespace reading {

/// A reader of all splits of a source, numbered from 10, and what it delivered.
template <class T>
struct whole_source {
  static constexpr std::uint32_t first_number = 10;

  explicit whole_source(flow::source<T> const& source, flow::clock const* clock = nullptr)
      : reader(source.make_reader()) {
    flow::connector_context context;
    context.clock = clock;
    reader->open(context);
    for (flow::split const& found : source.make_enumerator()->discover())
      reader->assign(first_number + static_cast<std::uint32_t>(splits++), found);
  }

  /// Polls once into a batch of `capacity` records, which it returns; `last` is what the poll said.
  std::vector<T> poll(std::uint32_t capacity) {
    flow::batch<T> batch(capacity);
    last = reader->poll(batch);
    return {batch.begin(), batch.end()};
  }

  /// Polls until nothing comes or all splits have ended.
  std::vector<T> drain(std::uint32_t capacity) {
    std::vector<T> all;
    for (std::size_t ended = 0; ended < splits; ended += last.status == flow::poll_status::split_end) {
      for (T& record : poll(capacity)) all.push_back(std::move(record));
      if (last.status == flow::poll_status::nothing) break;
    }
    return all;
  }

  std::unique_ptr<flow::reader<T>> reader;
  std::size_t splits = 0;
  flow::poll_result last;
};

/// A reader of one split at a position.
template <class T>
std::vector<T> rest_of(flow::source<T> const& source, std::string const& id, std::string const& position,
                       std::uint32_t capacity, flow::clock const* clock = nullptr) {
  auto const reader = source.make_reader();
  flow::connector_context context;
  context.clock = clock;
  reader->open(context);
  reader->assign(0, {id, position});
  std::vector<T> all;
  for (flow::poll_status status = flow::poll_status::records; status == flow::poll_status::records;) {
    flow::batch<T> batch(capacity);
    status = reader->poll(batch).status;
    for (T& record : batch) all.push_back(std::move(record));
  }
  return all;
}

/// What `of` gives as a `flow::error`'s code; fails the test when it throws nothing else.
template <class F>
flow::error_code code_of(F of) {
  try {
    of();
  } catch (flow::error const& e) {
    return e.code();
  }
  throw std::logic_error("no flow::error was thrown");
}

}  // namespace reading
