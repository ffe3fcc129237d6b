#include <catch2/catch.hpp>

#include "supervisor/run_progress.hpp"

using namespace flow;
using namespace std::chrono_literals;

TEST_CASE("a checkpoint grows older while nothing is told of it") {
  run_progress p;
  CHECK(p.checkpoints(5s) == checkpoint_summary{});
  checkpoint_summary c;
  c.on = true;
  p.tell(c, 0, 10s);
  CHECK(p.checkpoints(20s).age == 0s);  // there is none yet
  c.last = 3;
  c.age = 2s;
  p.tell(c, 4, 30s);
  CHECK(p.checkpoints(30s).age == 2s);
  CHECK(p.checkpoints(31s).age == 3s);
  CHECK(p.restarts() == 4);
}
