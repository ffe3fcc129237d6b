#include <catch2/catch.hpp>

#include <flow/batch.hpp>
#include <flow/snapshot/channel_log.hpp>
#include <flow/testing/recorded_pieces.hpp>

#include "../recording.hpp"

using namespace flow;
using recording::batch_of;

namespace {

using sides = channel_log::side;

/// What a log has written, read again.
std::vector<logged_batch> read(testing::recorded_pieces const& pieces, sides side) {
  channel_log reading(side, batch_type_of<int>);
  pieces.restore(reading, pieces.alone(), 1, 3, 2);  // whoever reads is given all
  return std::move(reading.batches());
}
std::string text_of(logged_batch const& b) {
  std::string text = std::to_string(b.sender) + " to " + std::to_string(b.receiver) + ":";
  for (int const r : as<int>(*b.records)) text += " " + std::to_string(r);
  return text;
}

}  // namespace

TEST_CASE("batches on their way are stored with both ends, and with their columns") {
  testing::recorded_pieces pieces;
  pieces.begin(4);
  channel_log received(sides::received, batch_type_of<int>);
  for (std::uint32_t subtask : {0u, 1u}) {
    received.begin_snapshot({4, 3, false, subtask, 128}, pieces);
    received.add(7, *batch_of<int>({1, 2}, {10, 20}, {5, 6}));
    received.add(8, *batch_of<int>({3}));
    received.finish();
  }
  auto const all = read(pieces, sides::received);
  REQUIRE(all.size() == 4);
  CHECK(text_of(all[0]) == "7 to 0: 1 2");
  CHECK(text_of(all[1]) == "8 to 0: 3");
  CHECK(text_of(all[2]) == "7 to 1: 1 2");
  CHECK(all[0].records->timestamps()[1] == recording::at(20));
  CHECK(all[0].records->hashes()[1] == 6);
  CHECK_FALSE(all[1].records->has_timestamps());
  CHECK_FALSE(all[1].records->has_hashes());

  testing::recorded_pieces others;
  others.begin(4);
  channel_log unsent(sides::unsent, batch_type_of<int>);
  unsent.begin_snapshot({4, 3, false, 1, 128}, others);
  unsent.add(7, *batch_of<int>({1}));
  unsent.finish();
  REQUIRE(read(others, sides::unsent).size() == 1);
  CHECK(text_of(read(others, sides::unsent)[0]) == "1 to 7: 1");
}

TEST_CASE("a log to which nothing was added writes nothing; what was not finished is not part of the next") {
  testing::recorded_pieces pieces;
  channel_log log(sides::unsent, batch_type_of<int>);
  pieces.begin(1);
  log.begin_snapshot({1, 0, false, 0, 128}, pieces);
  log.finish();
  CHECK(pieces.alone().empty());
  log.begin_snapshot({1, 0, false, 0, 128}, pieces);
  log.add(0, *batch_of<int>({1}));
  pieces.begin(2);
  log.begin_snapshot({2, 0, false, 0, 128}, pieces);
  log.add(0, *batch_of<int>({2}));
  log.finish();
  REQUIRE(read(pieces, sides::unsent).size() == 1);
  CHECK(text_of(read(pieces, sides::unsent)[0]) == "0 to 0: 2");
}

TEST_CASE("a large log is divided into chunks that hold whole batches") {
  testing::recorded_pieces pieces;
  pieces.begin(1);
  channel_log log(sides::received, batch_type_of<int>);
  log.begin_snapshot({1, 0, false, 0, 128}, pieces);
  for (int i = 0; i < 200; ++i) log.add(0, *batch_of<int>(std::vector<int>(300, i)));
  log.finish();
  auto const all = read(pieces, sides::received);
  REQUIRE(all.size() == 200);
  for (int i = 0; i < 200; ++i) REQUIRE(as<int>(*all[static_cast<std::size_t>(i)].records)[299] == i);
}

TEST_CASE("the schema of what was on its way names its parts, and names of channels are no operators'") {
  channel_log const log(sides::received, batch_type_of<int>);
  CHECK(to_string(log.value_schema()) == R"({"other_subtask":"u32","records":{"list":"i32"},"times":{"list":"timestamp"},"hashes":{"list":"u64"}})");
  CHECK(channels_name("a b", 2) == "flow.channels/a b/2");
  CHECK(names_channels(channels_name("x", 0)));
  CHECK_FALSE(names_channels("flow"));
}
