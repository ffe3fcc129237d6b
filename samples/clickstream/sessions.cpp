#include "clickstream.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <tuple>
#include <vector>

namespace {

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

}  // namespace

flow::aggregated_stream<click, session> sessions_of(flow::stream<click> const& clicks, flow::duration gap) {
  return clicks.key_by(&click::user).window(flow::session_windows(gap)).process("sessions-of-users", sum_up);
}
