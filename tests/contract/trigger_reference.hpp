#pragma once
// What windows with triggers must give, computed in the plainest way: all records of each window in a list, sessions found
// anew for each record by sorting, and every window looked at whenever time has moved.

#include <list>
#include <optional>

#include "contract/window_reference.hpp"

namespace flow::testing {

enum class placing { aligned, sessions, global };
enum class firing { at_end, timed, counted };

/// How windows are placed and fired, to be told to the engine and to the reference.
struct window_plan {
  placing kind = placing::aligned;
  bool processing_time = false;
  window_spec spec = tumbling_windows(duration{10});
  std::int64_t gap = 5;  // of sessions; 0: each record has its own
  firing trigger = firing::at_end;
  std::optional<std::int64_t> early, late;
  std::int64_t count = 3;
  std::int64_t lateness = 0;
  bool discarding = false;

  std::int64_t gap_of(reading const& r) const { return gap != 0 ? gap : 1 + r.value % 9; }
};

class trigger_reference {
 public:
  explicit trigger_reference(window_plan plan) : plan_(plan) {}

  void process(reading const& r, std::int64_t wall) {
    wall_ = wall;
    std::int64_t const t = plan_.processing_time ? wall : r.at.time_since_epoch().count();
    if (plan_.kind == placing::global) return add(global(r.key), r);
    if (plan_.kind == placing::sessions) {
      window* const w = session(r, t);
      return w ? add(*w, r) : late.push_back(r);
    }
    auto const spans = windows_of(t, plan_.spec);
    bool taken = false;
    for (auto const& [start, end] : spans) {
      if (!plan_.processing_time && expired(end)) continue;
      taken = true;
      add(aligned(r.key, start, end), r);
    }
    if (spans.empty()) ++in_no_window;
    else if (!taken) late.push_back(r);
  }
  void advance(std::int64_t watermark) {
    auto const before = watermark_;
    watermark_ = watermark;
    if (plan_.processing_time || plan_.kind == placing::global) return;
    for (auto w = windows_.begin(); w != windows_.end();) {
      if (w->end - 1 > before && w->end - 1 <= watermark) end(*w);
      if (!expired(w->end)) {
        ++w;
        continue;
      }
      if (w->due) fire(*w);  // late records that wait
      w = windows_.erase(w);
    }
  }
  void advance_wall(std::int64_t to) {
    wall_ = to;
    for (auto w = windows_.begin(); w != windows_.end();) {
      if (w->due && *w->due <= to && (!plan_.processing_time || *w->due <= w->end)) fire(*w);
      if (plan_.processing_time && plan_.kind != placing::global && w->end <= to) {
        end(*w);
        w = windows_.erase(w);
      } else {
        ++w;
      }
    }
  }
  void finish() {
    advance(std::numeric_limits<std::int64_t>::max());
    advance_wall(std::numeric_limits<std::int64_t>::max());
  }

  std::vector<window_result> results;
  std::vector<reading> late;
  std::size_t in_no_window = 0;

 private:
  struct element {
    reading record;
    std::int64_t from, to;  // of sessions
    bool given = false;
  };
  struct window {
    std::int32_t key = 0;
    std::int64_t start = 0, end = 0;
    std::vector<element> elements{};
    std::optional<std::int64_t> due{};
    std::int64_t since_fired = 0;
  };

  bool expired(std::int64_t end) const { return watermark_ != before_all && end - 1 + plan_.lateness <= watermark_; }
  bool ended(window const& w) const { return plan_.kind != placing::global && !plan_.processing_time && w.end - 1 <= watermark_; }

  window& global(std::int32_t key) {
    for (auto& w : windows_) if (w.key == key) return w;
    return windows_.emplace_back(window{key});
  }
  window& aligned(std::int32_t key, std::int64_t start, std::int64_t end) {
    for (auto& w : windows_) if (w.key == key && w.end == end) return w;
    return windows_.emplace_back(window{key, start, end});
  }
  /// All elements of the key, sorted by time, and those that hang together with the new one.
  window* session(reading const& r, std::int64_t t) {
    struct part {
      std::int64_t from, to;
      window* of;
    };
    std::vector<part> parts{{t, t + plan_.gap_of(r), nullptr}};
    for (auto& w : windows_)
      if (w.key == r.key) for (auto const& e : w.elements) parts.push_back({e.from, e.to, &w});
    std::sort(parts.begin(), parts.end(), [](auto const& a, auto const& b) { return a.from < b.from; });
    std::vector<window*> joined;
    std::int64_t from = 0, to = 0;
    bool has_new = false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i == 0 || parts[i].from >= to) {
        if (has_new) break;
        joined.clear();
        from = parts[i].from;
        to = parts[i].to;
      }
      to = std::max(to, parts[i].to);
      if (!parts[i].of) has_new = true;
      else if (std::find(joined.begin(), joined.end(), parts[i].of) == joined.end()) joined.push_back(parts[i].of);
    }
    if (joined.empty()) {
      if (!plan_.processing_time && expired(to)) return nullptr;
      return &windows_.emplace_back(window{r.key, from, to});
    }
    window& all = *joined.front();
    bool const grown = all.start != from || all.end != to;
    for (std::size_t i = 1; i < joined.size(); ++i) {
      all.elements.insert(all.elements.end(), joined[i]->elements.begin(), joined[i]->elements.end());
      all.since_fired += joined[i]->since_fired;
      if (joined[i]->due && (!all.due || *joined[i]->due < *all.due)) all.due = joined[i]->due;
      windows_.remove_if([&](window const& w) { return &w == joined[i]; });
    }
    all.start = from;
    all.end = to;
    if (grown && !(ended(all) ? plan_.late : plan_.early)) all.due.reset();
    return &all;
  }
  void add(window& w, reading const& r) {
    std::int64_t const t = plan_.processing_time ? wall_ : r.at.time_since_epoch().count();
    w.elements.push_back({r, t, t + plan_.gap_of(r)});
    if (plan_.trigger == firing::counted) {
      if (++w.since_fired >= plan_.count) fire(w);
      return;
    }
    auto const every = plan_.trigger == firing::timed ? (ended(w) ? plan_.late : plan_.early) : std::nullopt;
    if (every && !w.due) w.due = wall_ + *every;
    if (!every && ended(w)) fire(w);
  }
  void end(window& w) {
    if (plan_.trigger != firing::counted) fire(w);
  }
  void fire(window& w) {
    w.due.reset();
    w.since_fired = 0;
    fingerprint all;
    std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = std::numeric_limits<std::int64_t>::min();
    for (auto& e : w.elements) {
      if (e.given && plan_.discarding) continue;
      e.given = true;
      all.add(e.record);
      first = std::min(first, e.record.at.time_since_epoch().count());
      last = std::max(last, e.record.at.time_since_epoch().count());
    }
    if (all.records == 0) return;
    bool const bounded = plan_.kind != placing::global;
    results.push_back({w.key, timestamp{duration{bounded ? w.start : first}}, timestamp{duration{bounded ? w.end : last + 1}}, all});
  }

  static constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();
  window_plan plan_;
  std::int64_t watermark_ = before_all;
  std::int64_t wall_ = 0;
  std::list<window> windows_;
};

}  // namespace flow::testing
