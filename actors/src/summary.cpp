#include <fmt/format.h>

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
    if (o.bad > 0) text += fmt::format("{}: {} of what came in was no record and went to its bad records\n", o.name, o.bad);
  for (auto const& o : r.operators)
    if (o.unread > 0) text += fmt::format("{}: {} records went to an output that nobody reads\n", o.name, o.unread);
  return text;
}

}  // namespace flow
