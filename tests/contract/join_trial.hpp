#pragma once
// Feeds the operator of a join with random batches of both sides and watermarks, in every order.

#include <catch2/catch.hpp>

#include <flow/job.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

#include "contract/join_reference.hpp"

namespace flow::testing {

/// Two keyed streams of a small job.
struct two_streams {
  job j{"joins"};
  auto trips() { return j.source("trips", memory::values(std::vector<trip>{})).event_time(&trip::at, monotonous()).key_by(&trip::key); }
  auto fares() { return j.source("fares", memory::values(std::vector<fare>{})).event_time(&fare::paid, monotonous()).key_by(&fare::key); }
};

/// The operator of a join alone, with all its outputs.
template <class Out>
class join_alone {
 public:
  template <class Stream>
  explicit join_alone(Stream const& s, std::uint32_t batch_size = 1024) : h_(s, &trip::key, batch_size) { h_.tested().port(2).connect(late_right); }

  void process(std::vector<trip> const& records) {
    if (!records.empty()) h_.give(0, records, times_of(records, &trip::at), hash_by(&trip::key));
  }
  void process(std::vector<fare> const& records) {
    if (!records.empty()) h_.give(1, records, times_of(records, &fare::paid), hash_by(&fare::key));
  }
  void process(trip const& t) { process(std::vector<trip>{t}); }
  void process(fare const& f) { process(std::vector<fare>{f}); }
  /// See `harness`.
  void restore() {
    h_.restore();
    h_.tested().port(2).connect(late_right);
  }
  harness<trip, Out>& operator*() { return h_; }
  harness<trip, Out>* operator->() { return &h_; }

  /// What came out, with the event times filled in.
  std::vector<Out> output() const {
    auto all = h_.output();
    for (std::size_t i = 0; i < all.size(); ++i) all[i].at = h_.main().times[i];
    return all;
  }
  /// Entries of the operator's tables.
  std::size_t entries() {
    std::size_t n = 0;
    for (auto const& o : h_.tested().state().objects())
      if (o->kind() == state_kind::table) n += o->entries();
    return n;
  }
  void check_counts(std::size_t late, std::size_t filtered = 0) {
    auto const& c = h_.tested().counters();
    CHECK(c.late.value() == late);
    CHECK(c.filtered.value() == filtered);
    CHECK(c.records_in.value() == c.processed.value() + c.late.value() + c.filtered.value());
  }

  collector<fare> late_right;

 private:
  template <class T>
  static std::vector<timestamp> times_of(std::vector<T> const& records, timestamp T::*at) {
    std::vector<timestamp> times;
    for (auto const& r : records) times.push_back(r.*at);
    return times;
  }
  template <class T>
  static std::function<std::uint64_t(T const&)> hash_by(std::int32_t T::*key) {
    return [key](T const& r) { return hash_of(r.*key); };
  }
  harness<trip, Out> h_;
};

/// What happens after each batch.
enum class between { nothing, barriers, restores };
inline between between_batches(std::uint64_t seed) { return seed % 5 == 0 ? between::barriers : seed % 5 == 1 ? between::restores : between::nothing; }

/// Watermarks follow time; records are up to 40 behind and 20 before it, so some are late.
template <class Out, class Reference, class Advance>
void feed(join_alone<Out>& j, Reference& expected, std::mt19937_64& random, between what, Advance advance) {
  std::int64_t now = static_cast<std::int64_t>(random() % 200) - 100, number = 0;
  std::int64_t const keys = 1 + static_cast<std::int64_t>(random() % 5);
  auto const some_time = [&] { return timestamp{duration{now + static_cast<std::int64_t>(random() % 60) - 40}}; };
  auto const some_key = [&] { return static_cast<std::int32_t>(static_cast<std::int64_t>(random()) % keys); };
  for (int round = 0; round < 60; ++round) {
    std::vector<trip> trips;
    std::vector<fare> fares;
    for (std::size_t i = random() % 12; i > 0; --i) trips.push_back({some_time(), some_key(), ++number});
    for (std::size_t i = random() % 12; i > 0; --i) fares.push_back({++number, some_key(), some_time()});
    for (auto const& t : trips) expected.process(t);
    for (auto const& f : fares) expected.process(f);
    if (random() % 2) j.process(trips), j.process(fares);
    else j.process(fares), j.process(trips);
    if (what == between::barriers) j->pass({static_cast<std::uint64_t>(round + 1), 0});
    if (what == between::restores) j.restore();
    if (random() % 3 == 0) continue;
    now += static_cast<std::int64_t>(random() % 20);
    advance(timestamp{duration{now - 15}});
    j->advance_watermark(timestamp{duration{now - 15}});
  }
  advance(end_of_time);
  j->end();
  CHECK(j.entries() == 0);
}

inline constexpr join_kind all_kinds[] = {join_kind::inner, join_kind::left_outer, join_kind::right_outer, join_kind::full_outer};
inline constexpr std::uint32_t batch_sizes[] = {1, 7, 1024};

}  // namespace flow::testing
