// What do visitors of a shop do: their sessions, how many get from viewing to buying, and which pages are in demand?

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <flow/file.hpp>
#include <flow/flow.hpp>
#include <flow/run.hpp>

using namespace std::chrono_literals;

struct click {
  flow::timestamp at;
  std::string user, page, action;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(at), CEREAL_NVP(user), CEREAL_NVP(page), CEREAL_NVP(action));
  }
  /// The steps of the funnel from 1; 0 for what is none.
  int step() const { return action == "view" ? 1 : action == "cart" ? 2 : action == "buy" ? 3 : 0; }
};

struct session {
  std::string user;
  flow::timestamp first_click, last_click;
  std::int64_t clicks = 0, pages = 0;
  int steps = 0;  // of the funnel, in their order

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(user), CEREAL_NVP(first_click), CEREAL_NVP(last_click), CEREAL_NVP(clicks), CEREAL_NVP(pages), CEREAL_NVP(steps));
  }
};

// All clicks of a session are needed in their order: a cart counts after a view, a purchase after that.
void sum_up(flow::window_of<std::string> const& window, std::span<click const> clicks, flow::output<session>& out) {
  std::vector<click const*> in_order;
  std::set<std::string> pages;
  for (click const& c : clicks) {
    in_order.push_back(&c);
    pages.insert(c.page);
  }
  std::sort(in_order.begin(), in_order.end(), [](click const* a, click const* b) { return std::tuple(a->at, a->step()) < std::tuple(b->at, b->step()); });
  int steps = 0;
  for (click const* c : in_order) steps += c->step() == steps + 1;
  out.emit(session{window.key, in_order.front()->at, in_order.back()->at, std::ssize(clicks), std::ssize(pages), steps});
}

struct funnel_row {
  flow::timestamp hour_start, hour_end;
  std::int64_t sessions = 0, viewed = 0, put_into_cart = 0, bought = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(hour_start), CEREAL_NVP(hour_end), CEREAL_NVP(sessions), CEREAL_NVP(viewed), CEREAL_NVP(put_into_cart), CEREAL_NVP(bought));
  }
};

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

struct page_row {
  flow::timestamp window_start, window_end;
  std::int64_t place = 0;
  std::string page;
  std::int64_t views = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(window_start), CEREAL_NVP(window_end), CEREAL_NVP(place), CEREAL_NVP(page), CEREAL_NVP(views));
  }
};

int main(int argc, char** argv) {
  flow::arguments arguments{argc, argv};
  auto input = arguments.text("input", FLOW_SAMPLE_DIR "/data/clicks.json", "clicks: a file, a folder or a pattern; JSON arrays, or one object a line");
  auto out = arguments.text("out", "out/clickstream", "folder for the results");
  auto gap = arguments.time("gap", 30min, "a visitor who does nothing for so long begins a new session");
  auto bound = arguments.time("out-of-order", 5min, "how far behind the newest click one may come and still count");
  constexpr auto times = "%Y-%m-%d %H:%M:%S";

  flow::job job{"clickstream"};
  auto clicks = job.source("clicks", flow::file::json<click>(input).time_format(times))
      .event_time(&click::at, flow::out_of_order_by(bound));

  auto sessions = clicks.key_by(&click::user)
      .window(flow::session_windows(gap))
      .process("sessions-of-users", sum_up);
  sessions.sink("sessions", flow::file::csv(out + "/sessions").overwrite().time_format(times));
  sessions.late().sink("late", flow::file::csv(out + "/late").overwrite().time_format(times));

  auto funnels = sessions.window(flow::tumbling_windows(1h))
      .aggregate<funnel>("funnel-by-hour", [](auto const& window, funnel const& f, flow::output<funnel_row>& to) {
        to.emit({window.start, window.end, f.sessions, f.viewed, f.put_into_cart, f.bought});
      });
  funnels.sink("funnel", flow::file::csv(out + "/funnel").overwrite().time_format(times));
  funnels.sink("funnel-table", flow::file::console_table()
          .title("From viewing to buying, by the hour in which sessions ended")
          .time_format("%Y-%m-%d %H:%M")
          .order_by(&funnel_row::hour_start)
          .limit(24))
      .with_parallelism(1);

  clicks.filter([](click const& c) { return c.action == "view"; })
      .window(flow::sliding_windows(1h, 15min))
      .aggregate<flow::most_frequent<5, &click::page>>("most-viewed", [](auto const& window, std::vector<flow::value_count<std::string>> const& pages,
                                                                         flow::output<page_row>& to) {
        for (std::int64_t place = 1; auto const& [page, views] : pages) to.emit({window.start, window.end, place++, page, views});
      })
      .sink("top-pages", flow::file::csv(out + "/top_pages").overwrite().time_format(times));
  return flow::run(job, arguments);
}
