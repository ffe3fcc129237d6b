#pragma once
// The contract of a source as a test: a source joins with one line.
//
//     source_contract(memory::values(numbers, 3), numbers);

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/testing.hpp>
#include <flow/testing/difference.hpp>

namespace flow::testing {

/// A reader with all splits of its source, read by hand.
template <class T>
class read_by_hand {
 public:
  read_by_hand(source<T> const& s, std::vector<split> const& splits) : reader_(s.make_reader()) {
    connector_context c;
    c.operator_name = "under test";
    c.clock = &clock_;
    reader_->open(c);
    for (std::uint32_t i = 0; i < splits.size(); ++i) reader_->assign(i, splits[i]);
    splits_ = splits.size();
  }
  /// Polls once with room for `room` records; false when all splits have ended.
  bool poll(std::uint32_t room) {
    if (ended_.size() == splits_) return false;
    batch<T> b(room);
    auto const r = reader_->poll(b);
    CHECK(b.size() <= room);
    for (auto const& record : b) by_split[r.split].push_back(record);
    if (r.status == poll_status::split_end) ended_.insert(r.split);
    if (r.status == poll_status::nothing) {
      REQUIRE(b.empty());
      REQUIRE(++idle_polls_ < 10'000'000);
      if (r.retry_after) clock_.advance(*r.retry_after);
    }
    last_split = r.split;
    return true;
  }
  void rest(std::uint32_t room) {
    while (poll(room)) {
    }
  }
  flow::reader<T>& reader() { return *reader_; }
  /// Where all splits stand, and what has been read up to there.
  struct mark {
    std::vector<std::string> positions;
    std::map<std::uint32_t, std::vector<T>> by_split;
  };
  mark here() const {
    mark m{{}, by_split};
    for (std::uint32_t i = 0; i < splits_; ++i) m.positions.push_back(reader_->position(i));
    return m;
  }
  void go_back(mark const& m) {
    for (std::uint32_t i = 0; i < splits_; ++i) reader_->seek(i, m.positions[i]);
    by_split = m.by_split;
    ended_.clear();
  }

  std::map<std::uint32_t, std::vector<T>> by_split;
  std::uint32_t last_split = 0;

 private:
  manual_clock clock_;
  std::unique_ptr<flow::reader<T>> reader_;
  std::size_t splits_ = 0;
  std::set<std::uint32_t> ended_;
  std::size_t idle_polls_ = 0;
};

/// What one look finds, however many calls it takes.
inline std::vector<split> splits_of(split_enumerator& e) {
  std::vector<split> all = e.discover();
  while (e.look_again() == std::chrono::nanoseconds{0})
    for (auto& s : e.discover()) all.push_back(std::move(s));
  return all;
}

/// A source that never ends on its own is cancelled when all has come.
enum class source_end { bounded, unbounded };

template <class T>
std::vector<T> all_of(std::map<std::uint32_t, std::vector<T>> const& by_split) {
  std::vector<T> all;
  for (auto const& [number, records] : by_split) all.insert(all.end(), records.begin(), records.end());
  return all;
}

/// What a source says of its sizes: records as many as there are, bytes read at most as many as there are, never less than before.
template <class T>
void sizes_are_kept(source<T> const& s, std::vector<split> const& splits, std::size_t records) {
  std::uint64_t bytes = 0;
  bool all_in_bytes = true;
  std::optional<std::uint64_t> in_records = 0;
  for (auto const& one : splits) {
    all_in_bytes &= one.bytes.has_value();
    bytes += one.bytes.value_or(0);
    if (in_records && one.records) *in_records += *one.records;
    else in_records.reset();
  }
  if (in_records) CHECK(*in_records == records);
  read_by_hand<T> r(s, splits);
  std::uint64_t read = 0;
  while (r.poll(3)) {
    REQUIRE(r.reader().bytes_read() >= read);
    read = r.reader().bytes_read();
    if (all_in_bytes) REQUIRE(read <= bytes);
  }
  if (all_in_bytes && records > 0) CHECK(read > 0);
}

/// What an enumerator promises: it finds the same splits in every run, each once, also when it is restored between.
template <class T>
std::vector<split> enumerator_contract(source<T> const& s, source_end ends) {
  auto const enumerator = s.make_enumerator();
  auto const splits = splits_of(*enumerator);
  CHECK(enumerator->look_again().has_value() == (ends == source_end::unbounded));
  CHECK(splits_of(*enumerator).empty());
  auto const restored = s.make_enumerator();
  restored->restore(enumerator->position());
  CHECK(splits_of(*restored).empty());
  CHECK(restored->position() == enumerator->position());
  auto const again = s.make_enumerator();
  auto const same = splits_of(*again);
  REQUIRE(same.size() == splits.size());
  for (std::size_t i = 0; i < splits.size(); ++i) CHECK(same[i].id == splits[i].id);
  return splits;
}

/// Everything that the contract in <flow/source.hpp> promises of a source with these records.
template <class S, class T = typename S::record_type>
void source_contract(S const& description, std::vector<T> const& expected, source_end ends = source_end::bounded) {
  source<T> const s = description.make();
  auto const splits = enumerator_contract(s, ends);

  for (std::uint32_t const room : {1u, 7u, 1024u}) {
    INFO("room for " << room);
    read_by_hand<T> r(s, splits);
    r.rest(room);
    CHECK(difference(expected, all_of(r.by_split)) == "");
  }
  sizes_are_kept(s, splits, expected.size());

  read_by_hand<T> whole(s, splits);
  whole.rest(1024);
  read_by_hand<T> first(s, splits);
  auto const same_as_whole = [&](read_by_hand<T> const& r) { return sorted_texts(all_of(r.by_split)) == sorted_texts(all_of(whole.by_split)); };
  std::vector<typename read_by_hand<T>::mark> marks{first.here()};
  std::size_t const every = expected.size() / 150 + 1;
  for (std::size_t polls = 1; first.poll(1); ++polls)
    if (polls % every == 0) marks.push_back(first.here());
  for (std::size_t i = 0; i < marks.size(); ++i) {
    INFO("a new reader continues at the positions after poll " << i * every);
    auto continued_splits = splits;
    for (std::uint32_t n = 0; n < splits.size(); ++n) continued_splits[n].position = marks[i].positions[n];
    read_by_hand<T> continued(s, continued_splits);
    continued.by_split = marks[i].by_split;
    continued.rest(7);
    CHECK(same_as_whole(continued));
  }
  for (std::size_t i = 0; i < marks.size(); i += 5) {
    INFO("a reader goes back to the positions after poll " << i * every << ", a little later and from its end");
    read_by_hand<T> again(s, splits);
    for (std::size_t polls = 0; polls < i + 3; ++polls) again.poll(1);
    again.go_back(marks[i]);
    again.rest(5);
    CHECK(same_as_whole(again));
    again.go_back(marks[i]);
    again.rest(5);
    CHECK(same_as_whole(again));
  }

  INFO("a paused split is not read");
  if (splits.size() > 1) {
    read_by_hand<T> paused(s, splits);
    paused.reader().pause(0, true);
    for (int polls = 0; polls < 20; ++polls) paused.poll(4);
    CHECK(paused.by_split[0].empty());
    paused.reader().pause(0, false);
    paused.rest(4);
    CHECK(difference(expected, all_of(paused.by_split)) == "");
  }

  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("a job reads everything once, seed " << seed);
    auto found = std::make_shared<memory::collected<T>>();
    job j("contract");
    j.source("under-test", description).sink("found", memory::collect(found));
    auto schedule = deterministic(seed);
    schedule.barrier_every = seed % 2 ? 7 : 0;
    if (ends == source_end::unbounded) schedule.cancel_after = 20'000;
    auto const r = run(j, schedule, settings{}.parallelism(1 + seed % 3).batch_size(seed % 2 ? 5 : 1024).task_buffer(64));
    REQUIRE(r.end == (ends == source_end::bounded ? job_result::how::finished : job_result::how::cancelled));
    CHECK(difference(expected, found->values()) == "");
  }
}

}  // namespace flow::testing
