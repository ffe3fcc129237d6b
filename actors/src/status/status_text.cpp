#include "status_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "units.hpp"

#include <flow/record/time_text.hpp>

namespace flow {
namespace {

using namespace std::chrono_literals;

constexpr int highest_rank = 11;

/// A piece of the line. The part that it belongs to is set off from the others; the higher the rank, the sooner it is left out.
struct piece {
  int part;
  int rank;
  std::string text;
};

void add_flow(std::vector<piece>& pieces, int part, int rank, int bytes_rank, char const* word, flow_rate const& records, flow_rate const& bytes) {
  pieces.push_back({part, rank, fmt::format("{} {} ({}/s)", word, short_count(records.total), short_count(records.per_second))});
  if (bytes.total > 0)
    pieces.push_back({part, bytes_rank, fmt::format(", {} ({}/s)", short_bytes(bytes.total), short_bytes(bytes.per_second))});
}

void add_time(std::vector<piece>& pieces, int part, int rank, timestamp watermark, timestamp wall) {
  if (watermark == no_watermark || watermark == end_of_time) return;
  std::string text = "watermark ";
  append_time(text, std::chrono::floor<std::chrono::seconds>(watermark));
  pieces.push_back({part, rank, text});
  if (auto const d = behind(watermark, wall)) pieces.push_back({part, rank, ", " + short_clock(*d) + " behind"});
}

void add_checkpoints(std::vector<piece>& pieces, int part, int rank, int size_rank, status_view const& v) {
  auto const& c = v.checkpoints;
  if (v.restarts > 0) pieces.push_back({part, rank, fmt::format("{} restart{}", v.restarts, v.restarts == 1 ? "" : "s")});
  if (!c.on) return;
  pieces.push_back({part + 1, rank, c.last > 0 ? fmt::format("checkpoint {}, {} ago", c.last, short_clock(c.age)) : "no checkpoint yet"});
  if (c.last > 0)
    pieces.push_back({part + 1, size_rank, fmt::format(", {} in {:.1f} s", short_bytes(static_cast<double>(c.written_bytes)), std::chrono::duration<double>(c.duration).count())});
  if (c.failed > 0) pieces.push_back({part + 1, rank, fmt::format(", {} failed", c.failed)});
}

std::vector<piece> pieces_of(status_view const& v, timestamp wall) {
  std::vector<piece> pieces;
  if (!v.job.empty()) pieces.push_back({0, highest_rank, printable(v.job)});
  if (!v.ending.empty()) pieces.push_back({1, 0, v.ending});
  pieces.push_back({2, 1, short_clock(v.elapsed)});
  if (v.done) pieces.push_back({3, 1, fmt::format("{}%", static_cast<int>(*v.done * 100))});
  if (v.left) pieces.push_back({3, 2, ", " + short_clock(*v.left) + " left"});
  add_flow(pieces, 4, 3, 9, "in", v.records_in, v.bytes_in);
  add_flow(pieces, 5, 4, 10, "out", v.records_out, v.bytes_out);
  add_time(pieces, 6, 5, v.watermark, wall);
  add_checkpoints(pieces, 7, 7, 8, v);
  for (auto const& h : v.held_up)
    pieces.push_back({9, 6, fmt::format("{}{} {:.0f}%", &h == &v.held_up.front() ? "held back: " : ", ", printable(h.name), h.share * 100)});
  return pieces;
}

std::string joined(std::vector<piece> const& pieces, int most_rank) {
  std::string line;
  int part = -1;
  for (auto const& p : pieces) {
    if (p.rank > most_rank) continue;
    if (part != -1 && part != p.part) line += " | ";
    part = p.part;
    line += p.text;
  }
  return line;
}

}  // namespace

std::optional<duration> behind(timestamp watermark, timestamp wall) {
  if (watermark == no_watermark || watermark == end_of_time) return {};
  if (watermark < wall - std::chrono::hours(7 * 24) || watermark > wall + 1min) return {};
  return std::max(duration{0}, wall - watermark);
}

std::string status_line(status_view const& view, timestamp wall, std::size_t width) {
  auto const pieces = pieces_of(view, wall);
  std::string line;
  for (int most_rank = highest_rank; most_rank >= 1; --most_rank) {
    line = joined(pieces, most_rank);
    if (columns_of(line) <= width) return line;
  }
  return line.substr(0, width);  // of rank 1 there is nothing but ASCII
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string printable(std::string_view text) {
  std::string line(text);
  for (std::size_t i = 0; i < line.size(); ++i) {
    auto const c = static_cast<unsigned char>(line[i]);
    bool const is_c1 = c == 0xC2 && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) < 0xA0;  // U+0080 to U+009F
    if (is_c1) line.erase(i + 1, 1);
    if (is_c1 || c < 0x20 || c == 0x7F) line[i] = ' ';
  }
  return line;
}

}  // namespace flow
