// State larger than memory, in a whole job: the process is the only one to say how much of it was resident.

#include <catch2/catch.hpp>

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include <cereal/types/array.hpp>

#include <flow/flow.hpp>
#include <flow/memory.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

namespace {

struct visit {
  std::uint64_t user = 0;
  bool again = false;
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(user), CEREAL_NVP(again)); }
};
struct profile {
  std::uint64_t user = 0;
  std::uint32_t visits = 0;
  std::array<char, 88> about{};
  template <class Archive>
  void serialize(Archive& archive) { archive(CEREAL_NVP(user), CEREAL_NVP(visits), CEREAL_NVP(about)); }
};
static_assert(sizeof(profile) >= 100);

struct count_visits {
  flow::value_state<profile> known;
  void open(flow::open_context& context) { known = context.state().value<profile>("known"); }
  void process(visit const& v, auto&, flow::output<std::uint32_t>& out) {
    profile& p = known.change();
    if (v.again != (p.visits == 1) || (v.again && p.user != v.user)) throw std::logic_error("a profile is not as it was left");
    p.user = v.user;
    ++p.visits;
    if (v.again) out.emit(p.visits);
  }
};

double most_resident_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      status >> word;
      return std::stod(word) / 1024;
    }
  return 0;
}

}  // namespace

TEST_CASE("20 million keys with values of 100 bytes are kept with 1 GiB resident") {
  constexpr std::uint64_t users = 20'000'000, again = 2'000'000;
  auto const directory = std::filesystem::temp_directory_path() / ("flow-larger-state-" + std::to_string(getpid()));
  flow::job job("larger-state");
  job.source("visits", flow::memory::generate<visit>(users + again, [](std::uint64_t i) { return i < users ? visit{i} : visit{i * 7919 % users, true}; }))
      .key_by(&visit::user)
      .process("count", count_visits{})
      .filter([](std::uint32_t n) { return n != 2; })
      .sink("wrong", flow::memory::discard());
  flow::settings settings;
  settings.parallelism(1).state_backend(flow::state_backend_form::rocksdb).state_memory(std::uint64_t{640} << 20).state_directory(directory / "state");
  settings.snapshots(directory / "snapshots").checkpoint_interval(30s).checkpoint_timeout(30min);
  flow::execute(job, settings);
  for (auto const& e : std::filesystem::directory_iterator(directory / "state")) CHECK(!e.is_directory());
  std::filesystem::remove_all(directory);
  double const mb = most_resident_mb();
  WARN("resident at most: " << mb << " MB");
  CHECK(mb < 1024);
}
