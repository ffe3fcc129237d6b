#include "clickstream.hpp"

#include <vector>

using namespace std::chrono_literals;

flow::stream<page_row> most_viewed_pages(flow::stream<click> const& clicks) {
  return clicks.filter([](click const& c) { return c.action == "view"; })
      .window(flow::sliding_windows(1h, 15min))
      .aggregate<flow::most_frequent<5, &click::page>>("most-viewed", [](auto const& window, std::vector<flow::value_count<std::string>> const& pages,
                                                                         flow::output<page_row>& to) {
        for (std::int64_t place = 1; auto const& [page, views] : pages) to.emit({window.start, window.end, place++, page, views});
      });
}
