#include "clickstream.hpp"

using namespace std::chrono_literals;

namespace {

struct funnel {
  std::int64_t sessions = 0, viewed = 0, put_into_cart = 0, bought = 0;

  void add(session const& s) {
    ++sessions;
    viewed += s.steps >= 1;
    put_into_cart += s.steps >= 2;
    bought += s.steps >= 3;
  }
  void merge(funnel const& other) {
    sessions += other.sessions;
    viewed += other.viewed;
    put_into_cart += other.put_into_cart;
    bought += other.bought;
  }
  funnel const& result() const { return *this; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(sessions), CEREAL_NVP(viewed), CEREAL_NVP(put_into_cart), CEREAL_NVP(bought));
  }
};

}  // namespace

flow::stream<funnel_row> funnel_by_hour(flow::stream<session> const& sessions) {
  return sessions.window(flow::tumbling_windows(1h))
      .aggregate<funnel>("funnel-by-hour", [](auto const& window, funnel const& f, flow::output<funnel_row>& to) {
        to.emit({window.start, window.end, f.sessions, f.viewed, f.put_into_cart, f.bought});
      });
}
