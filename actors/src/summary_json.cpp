#include <fmt/format.h>

#include <cmath>
#include <map>

#include <flow/record/json_text.hpp>
#include <flow/run.hpp>

namespace flow {
namespace {

/// How many bytes of well-formed UTF-8 `text` begins with, up to one character; 0 when it begins with something else.
std::size_t character_at(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char const first = byte(0);
  std::size_t const size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  bool const wrong = size > 2 && ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0) || (first == 0xF0 && byte(1) < 0x90) ||
                                  (first == 0xF4 && byte(1) >= 0x90));
  return wrong ? 0 : size;
}

/// A JSON string. A message may quote a record whose bytes are no text: those become the replacement character.
std::string quoted(std::string_view text) {
  std::string valid, out = "\"";
  while (!text.empty()) {
    auto const size = character_at(text);
    if (size > 0) valid += text.substr(0, size);
    else valid += "\xEF\xBF\xBD";
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  append_json_escaped(out, valid);
  return out + "\"";
}

std::string_view name_of(job_result::how how) {
  switch (how) {
    case job_result::how::finished: return "finished";
    case job_result::how::cancelled: return "cancelled";
    case job_result::how::failed: return "failed";
    case job_result::how::stopped: return "stopped";
  }
  return "unknown";
}

double seconds(std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); }

std::string watermark_value(timestamp w) {
  if (w == no_watermark) return "null";
  if (w == end_of_time) return quoted("end");
  std::string text;
  append_time(text, w);
  return quoted(text);
}

std::string failure_value(std::optional<error> const& e) {
  if (!e) return "null";
  auto const d = describe(e->code());
  return fmt::format(R"({{"code":{},"domain":{},"retry":{},"operator":{},"message":{}}})", quoted(d.name), quoted(name_of(d.domain)),
                     quoted(name_of(d.retry)), quoted(e->operator_name()), quoted(e->message()));
}

/// JSON knows no infinity, and a metric without values has no least one.
std::string number(double n) { return std::isfinite(n) ? fmt::format("{}", n) : "null"; }

template <class T, class F>
std::string object(std::map<std::string, T> const& members, F value) {
  std::string text;
  for (auto const& [name, member] : members) text += (text.empty() ? "" : ",") + quoted(name) + ":" + value(member);
  return "{" + text + "}";
}

std::string gauge_value(gauge_summary const& g) {
  return fmt::format(R"({{"sum":{},"min":{},"max":{},"subtasks":{}}})", number(g.sum), number(g.min), number(g.max), g.subtasks);
}

std::string histogram_value(histogram_summary const& h) {
  return fmt::format(R"({{"count":{},"mean":{},"min":{},"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}})", h.count, number(h.mean()), number(h.min),
                     number(h.quantile(0.5)), number(h.quantile(0.9)), number(h.quantile(0.99)), number(h.quantile(0.999)), number(h.max));
}

std::string metrics_value(metrics_summary const& m) {
  return fmt::format(R"({{"counters":{},"gauges":{},"histograms":{}}})", object(m.counters, [](std::uint64_t n) { return std::to_string(n); }),
                     object(m.gauges, gauge_value), object(m.histograms, histogram_value));
}

std::string checkpoints_value(checkpoint_summary const& c) {
  if (!c.on) return "null";
  return fmt::format(R"({{"completed":{},"failed":{},"last_failure":{},"restored":{},"last":{},"age_seconds":{:.6f},"duration_seconds":{:.6f},"bytes":{},"written_bytes":{}}})",
                     c.completed, c.failed, c.failed > 0 ? quoted(c.last_failure) : "null", c.restored > 0 ? std::to_string(c.restored) : "null",
                     c.last > 0 ? std::to_string(c.last) : "null", seconds(c.age), seconds(c.duration), c.bytes, c.written_bytes);
}

std::string operator_value(operator_summary const& o) {
  return fmt::format(
      R"({{"name":{},"kind":{},"task":{},"parallelism":{},"records_in":{},"records_out":{},"processed":{},"filtered":{},"late":{},"unread":{},"bad":{},)"
      R"("bytes":{},"watermark":{},"busy_seconds":{:.6f},"idle_seconds":{:.6f},"blocked_seconds":{:.6f}{}}})",
      quoted(o.name), quoted(o.kind), o.task, o.parallelism, o.records_in, o.records_out, o.processed, o.filtered, o.late, o.unread, o.bad, o.bytes,
      watermark_value(o.watermark), seconds(o.busy), seconds(o.idle), seconds(o.blocked),
      o.metrics.empty() ? "" : ",\"metrics\":" + metrics_value(o.metrics));
}

}  // namespace

std::string summary_json(job_result const& r, std::string const& job_name) {
  std::string operators;
  std::uint64_t records_in = 0, bytes_in = 0, records_out = 0, bytes_out = 0;
  for (auto const& o : r.operators) {
    operators += (operators.empty() ? "" : ",") + operator_value(o);
    if (o.is_source) records_in += o.records_in, bytes_in += o.bytes;
    if (o.is_sink) records_out += o.records_in, bytes_out += o.bytes;
  }
  return fmt::format(
      R"({{"job":{},"end":{},"elapsed_seconds":{:.6f},"failure":{},"records_in":{},"bytes_in":{},"records_out":{},"bytes_out":{},)"
      R"("most_bytes_in_flight":{},"last_barrier":{},"restarts":{},"checkpoints":{},"operators":[{}]}})",
      quoted(job_name), quoted(name_of(r.end)), seconds(r.elapsed), failure_value(r.failure), records_in, bytes_in, records_out, bytes_out,
      r.most_bytes_in_flight, r.last_barrier, r.restarts, checkpoints_value(r.checkpoints), operators);
}

}  // namespace flow
