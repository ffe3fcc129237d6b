#pragma once
// The contract of a sink as a test: a sink joins with one line and a function that reads back what is visible.

#include <catch2/catch.hpp>

#include <functional>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

namespace flow::testing {

/// A place that a sink writes to, fresh for every trial.
template <class T, class Sink>
struct output_place {
  Sink sink;
  std::function<std::vector<T>()> visible;
  /// Of a two-phase sink: what lies there beside the results, after an attempt has recovered or the job has ended.
  std::function<std::vector<std::string>()> left_over{};
};

/// Everything that the contract in <flow/sink.hpp> promises.
template <class T, class MakePlace>
void sink_contract(std::vector<T> const& records, MakePlace make_place) {
  auto write_all = [&](auto& place, std::uint32_t batch_size) {
    auto w = place.sink.template make<T>().make_writer();
    connector_context c;
    c.operator_name = "under test";
    w->open(c);
    for (std::size_t first = 0; first < records.size(); first += batch_size) {
      batch<T> b(batch_size);
      for (std::size_t i = first; i < std::min(records.size(), first + batch_size); ++i) b.emplace_back(records[i]);
      REQUIRE(w->ready());
      w->write(b);
      w->flush();
    }
    return w;
  };
  for (std::uint32_t const batch_size : {1u, 7u, 1024u}) {
    INFO("batches of " << batch_size);
    auto place = make_place();
    auto w = write_all(place, batch_size);
    CHECK(place.visible().empty());
    w->finish();
    CHECK(place.visible().empty());
    w->publish();
    CHECK(difference(records, place.visible()) == "");
    w->publish();
    CHECK(difference(records, place.visible()) == "");
  }
  {
    INFO("abandoned");
    auto place = make_place();
    write_all(place, 7)->abandon();
    CHECK(place.visible().empty());
  }
  {
    INFO("finished, then abandoned");
    auto place = make_place();
    auto w = write_all(place, 7);
    w->finish();
    w->abandon();
    CHECK(place.visible().empty());
  }
  {
    INFO("cancelled: what was received is complete records");
    auto place = make_place();
    write_all(place, 7)->cancel();
    CHECK(difference(records, place.visible()) == "");
  }
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("a job writes everything once, seed " << seed);
    auto place = make_place();
    job j("contract");
    j.source("records", memory::values(records, 3)).sink("under-test", place.sink);
    auto const r = run(j, deterministic(seed), settings{}.parallelism(1 + seed % 3).batch_size(seed % 2 ? 5 : 1024));
    REQUIRE(r.end == job_result::how::finished);
    CHECK(difference(records, place.visible()) == "");
  }
  {
    INFO("a job that fails leaves nothing visible");
    auto place = make_place();
    job j("contract");
    std::size_t n = 0;
    j.source("records", memory::values(records, 1)).map([n](T const& r) mutable {
       if (++n == 20) throw std::runtime_error("on purpose");
       return r;
     }).sink("under-test", place.sink);
    auto const r = run(j, deterministic(1), settings{}.parallelism(1).batch_size(4));
    REQUIRE(r.end == job_result::how::failed);
    CHECK(place.visible().empty());
  }
}

}  // namespace flow::testing
