#include <cereal/types/map.hpp>
#include <cereal/types/utility.hpp>

#include <random>

#include <flow/record/json_text.hpp>
#include <flow/snapshot/state_contents.hpp>

#include "contract/snapshot_contract.hpp"
#include "unit/libflow/record/encoded.hpp"

using namespace snapshot_tests;
using record_tests::encoded;

namespace {

constexpr std::uint8_t removed = 0, set = 1, slice_dropped = 2;

struct in_slice {
  timestamp slice;
  std::string key;
  auto operator<=>(in_slice const&) const = default;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(slice), CEREAL_NVP(key)); }
};
struct counted {
  std::int64_t count = 0;
  std::string note;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(count), CEREAL_NVP(note)); }
};

timestamp at(std::int64_t seconds) { return timestamp{std::chrono::seconds{seconds}}; }

/// A store with one state, written piece by piece in checkpoints 1, 2, ...
class one_state {
 public:
  one_state(state_kind kind, schema key, schema value) : kind_(kind), key_(std::move(key)), value_(std::move(value)) {}

  void value_is_now(schema value) { value_ = std::move(value); }
  /// Adds a piece to a part: the first is its base.
  void write(std::uint32_t part, std::vector<bytes> const& entries) {
    auto const id = ++last_;
    store_->begin(id);
    auto& pieces = parts_[part];
    auto const form = pieces.empty() ? piece_form::base : piece_form::delta;
    auto const writer = store_->write(id, {"counts", "count", part, kind_}, {form, key_, value_});
    for (auto const& entry : entries) writer->append(entry, 1);
    pieces.push_back(writer->finish());
    store_->finish(manifest());
  }
  snapshot_manifest manifest() const {
    auto m = snapshot_tests::manifest(last_, {});
    m.operators[0].states = {{"count", kind_, key_, value_, {}}};
    for (auto const& [part, pieces] : parts_) m.operators[0].states[0].parts.push_back({part, pieces});
    return m;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;  // in no particular order within a part
    read_state(*store_, manifest(), "counts", "count", [&](state_entry const& entry) { append_json(all.emplace_back(), entry); });
    std::sort(all.begin(), all.end());
    return all;
  }
  snapshot_store const& store() const { return *store_; }

 private:
  state_kind kind_;
  schema key_, value_;
  memory_snapshots memory_;
  std::unique_ptr<snapshot_store> store_ = memory_.open();
  checkpoint_id last_ = 0;
  std::map<std::uint32_t, std::vector<piece_info>> parts_;
};

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a table is the entries of all key groups, with the changes of each applied in their order") {
  one_state table(state_kind::table, schema_of<std::string>(), schema_of<std::int64_t>());
  auto const entry = [](std::string const& key, std::int64_t value) { return encoded(key, value); };
  table.write(7, {entry("z", 9)});
  table.write(5, {entry("a", 1), entry("b", 2), entry("c", 3)});
  CHECK(table.lines() == strings{R"({"key":"a","value":1})", R"({"key":"b","value":2})", R"({"key":"c","value":3})", R"({"key":"z","value":9})"});
  table.write(5, {encoded(removed, std::string("a")), encoded(set, std::string("b"), std::int64_t{20}), encoded(set, std::string("d"), std::int64_t{4})});
  table.write(5, {encoded(set, std::string("a"), std::int64_t{10}), encoded(removed, std::string("a")), encoded(removed, std::string("never")),
                  encoded(removed, std::string("d")), encoded(set, std::string("d"), std::int64_t{5})});
  CHECK(table.lines() == strings{R"({"key":"b","value":20})", R"({"key":"c","value":3})", R"({"key":"d","value":5})", R"({"key":"z","value":9})"});
}

TEST_CASE("slices are dropped as a whole, and may be filled again") {
  one_state slices(state_kind::slices, schema_of<in_slice>(), schema_of<counted>());
  slices.write(1, {encoded(in_slice{at(60), "a"}, counted{1, "x"}), encoded(in_slice{at(120), "a"}, counted{2, "y"})});
  CHECK(slices.lines() == strings{R"({"slice":"1970-01-01T00:01:00Z","key":"a","value":{"count":1,"note":"x"}})",
                                  R"({"slice":"1970-01-01T00:02:00Z","key":"a","value":{"count":2,"note":"y"}})"});
  slices.write(1, {encoded(set, in_slice{at(60), "b"}, counted{3, ""}), encoded(slice_dropped, at(60)), encoded(set, in_slice{at(60), "c"}, counted{4, ""})});
  CHECK(slices.lines() == strings{R"({"slice":"1970-01-01T00:01:00Z","key":"c","value":{"count":4,"note":""}})",
                                  R"({"slice":"1970-01-01T00:02:00Z","key":"a","value":{"count":2,"note":"y"}})"});
}

TEST_CASE("states without keys say whose subtask's they are; a broadcast table is its entries") {
  one_state list(state_kind::list, {}, schema_of<std::string>());
  list.write(0, {encoded(std::string("x")), encoded(std::string("y"))});
  list.write(2, {encoded(std::string("z"))});
  CHECK(list.lines() == strings{R"({"subtask":0,"value":"x"})", R"({"subtask":0,"value":"y"})", R"({"subtask":2,"value":"z"})"});
  one_state rules(state_kind::broadcast, schema_of<std::string>(), schema_of<std::int64_t>());
  rules.write(0, {encoded(std::string("r"), std::int64_t{1})});
  CHECK(rules.lines() == strings{R"({"key":"r","value":1})"});
}

TEST_CASE("each piece is read by the schema that it was written with") {
  one_state table(state_kind::table, schema_of<std::string>(), schema_of<std::int64_t>());
  table.write(5, {encoded(std::string("a"), std::int64_t{1}), encoded(std::string("b"), std::int64_t{2})});
  table.value_is_now(schema_of<counted>());
  table.write(5, {encoded(set, std::string("b"), counted{3, "new"})});
  CHECK(table.lines() == strings{R"({"key":"a","value":1})", R"({"key":"b","value":{"count":3,"note":"new"}})"});
}

TEST_CASE("random changes in random pieces leave what a map of them leaves") {
  auto const seed = GENERATE(range(1, 21));
  INFO("seed " << seed);
  std::mt19937_64 random(static_cast<std::uint64_t>(seed));
  one_state slices(state_kind::slices, schema_of<in_slice>(), schema_of<std::int64_t>());
  std::map<in_slice, std::int64_t> expected;
  auto const any_key = [&] { return in_slice{at(static_cast<std::int64_t>(random() % 4)), std::string(random() % 3, 'k')}; };
  for (int piece = 0; piece < 6; ++piece) {
    std::vector<bytes> entries;
    for (auto n = random() % 20; n > 0; --n) {
      auto const key = any_key();
      auto const value = static_cast<std::int64_t>(random() % 100);
      auto const what = piece == 0 ? 9 : random() % 10;
      if (piece == 0 && expected.contains(key)) continue;  // a base has each key once
      if (what == 0) {
        entries.push_back(encoded(slice_dropped, key.slice));
        std::erase_if(expected, [&](auto const& e) { return e.first.slice == key.slice; });
      } else if (what < 4) {
        entries.push_back(encoded(removed, key));
        expected.erase(key);
      } else {
        entries.push_back(piece == 0 ? encoded(key, value) : encoded(set, key, value));
        expected[key] = value;
      }
    }
    slices.write(3, entries);
    strings lines;
    for (auto const& [key, value] : expected)
      lines.push_back(R"({"slice":)" + to_json(key.slice) + R"(,"key":")" + key.key + R"(","value":)" + std::to_string(value) + "}");
    std::sort(lines.begin(), lines.end());
    REQUIRE(slices.lines() == lines);
  }
}

TEST_CASE("an operator or state that is not there is told with those that are") {
  one_state table(state_kind::table, schema_of<std::string>(), schema_of<std::int64_t>());
  table.write(5, {});
  auto const read = [&](std::string const& op, std::string const& state) {
    return error_of([&] { read_state(table.store(), table.manifest(), op, state, [](state_entry const&) {}); });
  };
  CHECK(read("count", "count").code() == error_code::not_found);
  CHECK(read("count", "count").what() == std::string("checkpoint 1 has no operator 'count'; it has 'counts'"));
  CHECK(read("counts", "x").what() == std::string("operator 'counts' in checkpoint 1 has no state 'x'; it has 'count'"));
}

TEST_CASE("entries that do not fit the schema are an error that says where") {
  auto const message = [](std::vector<bytes> const& base, std::vector<bytes> const& delta) {
    one_state table(state_kind::table, schema_of<std::string>(), schema_of<std::int64_t>());
    table.write(5, base);
    if (!delta.empty()) table.write(5, delta);
    auto const e = error_of([&] { table.lines(); });
    CHECK(e.code() == error_code::bad_record);
    CHECK(e.operator_name() == "counts");
    return e.message();
  };
  CHECK(message({encoded(std::string("a"))}, {}) ==
        "state 'count', key group 5, checkpoint 1: an entry cannot be read by its schema: encoded data ends early: expected 8 more bytes, found 0");
  CHECK_THAT(message({encoded(std::string("a"), std::int64_t{1}, true)}, {}), Catch::Contains("1 bytes are left over"));
  CHECK_THAT(message({}, {encoded(std::uint8_t{3})}), Catch::Contains("an entry begins with 3"));
  CHECK_THAT(message({}, {encoded(slice_dropped, at(1))}), Catch::Contains("an entry begins with 2"));
}
