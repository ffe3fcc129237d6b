#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <flow/memory.hpp>

using strings = std::vector<std::string>;

namespace {
template <class T>
std::unique_ptr<flow::batch<T>> batch_of(std::vector<T> const& records) {
  auto made = std::make_unique<flow::batch<T>>(static_cast<std::uint32_t>(records.size()));
  for (T const& record : records) made->emplace_back(record);
  return made;
}

struct counter {
  template <class T>
  void operator()(T const&) const {
    ++*calls;
  }
  std::shared_ptr<int> calls = std::make_shared<int>(0);
};
}  // namespace

static_assert(flow::sink_for<decltype(flow::memory::collect(std::shared_ptr<flow::memory::collected<int>>())), int>);
static_assert(flow::sink_for<flow::memory::discard_sink, std::string>);
static_assert(flow::sink_for<decltype(flow::memory::for_each([](int) {})), int>);
static_assert(!flow::sink_for<decltype(flow::memory::for_each([](int) {})), std::string>);

TEST_CASE("collected records are results once they are published, and once only") {
  auto const found = std::make_shared<flow::memory::collected<std::string>>();
  auto const writer = flow::memory::collect(found).make_writer();
  writer->write(*batch_of(strings{"a", "b"}));
  writer->write(*batch_of(strings{"c"}));
  CHECK(found->values().empty());
  CHECK(found->seen() == 3);
  writer->finish();
  CHECK(found->values().empty());
  writer->publish();
  writer->publish();
  CHECK(found->values() == strings{"a", "b", "c"});
  CHECK(found->seen() == 3);
}

TEST_CASE("collected records of an abandoned writer are no results") {
  auto const found = std::make_shared<flow::memory::collected<std::string>>();
  auto const writer = flow::memory::collect(found).make_writer();
  writer->write(*batch_of(strings{"a"}));
  writer->abandon();
  writer->publish();
  CHECK(found->values().empty());
  CHECK(found->seen() == 1);
}

TEST_CASE("collected records of a cancelled writer are results as far as it got") {
  auto const found = std::make_shared<flow::memory::collected<std::string>>();
  auto const writer = flow::memory::collect(found).make_writer();
  writer->write(*batch_of(strings{"a"}));
  writer->cancel();
  CHECK(found->values() == strings{"a"});
}

TEST_CASE("several writers, each with a thread of its own, collect into one place") {
  auto const found = std::make_shared<flow::memory::collected<int>>();
  auto const sink = flow::memory::collect(found);
  auto const write = [&] {
    auto const writer = sink.make_writer();
    for (int i = 0; i < 100; ++i) writer->write(*batch_of(std::vector{1, 2, 3}));
    writer->publish();
  };
  std::thread other(write);
  write();
  other.join();
  CHECK(found->values().size() == 600);
  CHECK(found->seen() == 600);
}

TEST_CASE("for_each calls one function for every record, of all writers and types") {
  counter count;
  auto const sink = flow::memory::for_each(count);
  sink.make<int>().make_writer()->write(*batch_of(std::vector{1, 2}));
  sink.make<std::string>().make_writer()->write(*batch_of(strings{"a"}));
  CHECK(*count.calls == 3);
}

TEST_CASE("discard takes records of any type") {
  auto const writer = flow::memory::discard().make<std::string>().make_writer();
  CHECK(writer->ready());
  writer->write(*batch_of(strings{"a"}));
  writer->finish();
  writer->publish();
}
