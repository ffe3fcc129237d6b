#include <fmt/format.h>

#include <span>

#include "status/units.hpp"

#include <flow/run.hpp>

namespace flow {
namespace {

std::string percent(std::chrono::nanoseconds part, operator_summary const& s) {
  auto const all = s.busy + s.idle + s.blocked;
  return all.count() == 0 ? "-" : fmt::format("{}%", part.count() * 100 / all.count());
}

std::string watermark_text(timestamp w) {
  if (w == no_watermark) return "-";
  if (w == end_of_time) return "end";
  std::string text;
  append_time(text, w);
  return text;
}

struct metric_line {
  std::string name, value, more;
};

std::vector<metric_line> metric_lines(job_result const& r) {
  std::vector<metric_line> lines;
  for (auto const& o : r.operators) {
    for (auto const& [name, n] : o.metrics.counters) lines.push_back({o.name + ": " + name, std::to_string(n), ""});
    for (auto const& [name, g] : o.metrics.gauges)
      lines.push_back({o.name + ": " + name, g.subtasks > 0 ? fmt::format("{:.6g}", g.sum) : "-",
                       g.min < g.max ? fmt::format("from {:.6g} to {:.6g} in {} subtasks", g.min, g.max, g.subtasks) : ""});
    for (auto const& [name, h] : o.metrics.histograms)
      lines.push_back({o.name + ": " + name, std::to_string(h.count),
                       h.count > 0 ? fmt::format("mean {:.6g}, min {:.6g}, median {:.6g}, 90% {:.6g}, 99% {:.6g}, max {:.6g}", h.mean(), h.min,
                                                 h.quantile(0.5), h.quantile(0.9), h.quantile(0.99), h.max) : ""});
  }
  return lines;
}

/// The users' own metrics, no more of them than are seen at a glance.
std::string metrics_table(job_result const& r) {
  constexpr std::size_t most_lines = 12;
  auto const lines = metric_lines(r);
  auto const shown = std::span(lines).first(std::min(lines.size(), most_lines));
  std::size_t width = 6, value_width = 12;
  for (auto const& l : shown) {
    width = std::max(width, l.name.size());
    value_width = std::max(value_width, l.value.size());
  }
  std::string text = shown.empty() ? "" : fmt::format("\n{:<{}}  {:>{}}\n", "metric", width, "value", value_width);
  for (auto const& l : shown)
    text += fmt::format("{:<{}}  {:>{}}{}{}\n", l.name, width, l.value, value_width, l.more.empty() ? "" : "  ", l.more);
  if (lines.size() > shown.size()) text += fmt::format("and {} more metrics: --summary json has all\n", lines.size() - shown.size());
  return text;
}

std::string checkpoints_line(job_result const& r) {
  auto const& c = r.checkpoints;
  std::string text = r.restarts > 0 ? fmt::format("restarts: {}\n", r.restarts) : "";
  if (!c.on) return text;
  text += c.restored > 0 ? fmt::format("restored from {}\n", c.restored) : "";
  text += fmt::format("checkpoints: {} completed, {} failed", c.completed, c.failed);
  if (c.last > 0)
    text += fmt::format("; the last, {}, wrote {} of {} in {:.3f} s", c.last, short_bytes(static_cast<double>(c.written_bytes)),
                        short_bytes(static_cast<double>(c.bytes)), std::chrono::duration<double>(c.duration).count());
  return text + "\n" + (c.failed > 0 ? "last failure: " + c.last_failure + "\n" : "");
}

}  // namespace

std::string summary_table(job_result const& r) {
  std::size_t width = 8;
  for (auto const& o : r.operators) width = std::max(width, o.name.size());
  std::string text = fmt::format("{:<{}}  {:>3} {:>12} {:>12} {:>8} {:>10} {:>10} {:>5} {:>5} {:>7}  {}\n", "operator", width, "x", "in", "out", "bytes",
                                 "filtered", "late", "busy", "idle", "blocked", "watermark");
  for (auto const& o : r.operators)
    text += fmt::format("{:<{}}  {:>3} {:>12} {:>12} {:>8} {:>10} {:>10} {:>5} {:>5} {:>7}  {}\n", o.name, width, o.parallelism, o.records_in,
                        o.records_out, o.bytes > 0 ? short_bytes(static_cast<double>(o.bytes)) : "-", o.filtered, o.late, percent(o.busy, o), percent(o.idle, o), percent(o.blocked, o), watermark_text(o.watermark));
  for (auto const& o : r.operators)
    if (o.bad > 0)
      text += fmt::format("{}: {} {}\n", o.name, o.bad, o.is_source ? "of what came in was no record and went to its bad records" : "records failed and went to its failed records");
  for (auto const& o : r.operators)
    if (o.unread > 0) text += fmt::format("{}: {} records went to an output that nobody reads\n", o.name, o.unread);
  return text + checkpoints_line(r) + metrics_table(r);
}

}  // namespace flow
