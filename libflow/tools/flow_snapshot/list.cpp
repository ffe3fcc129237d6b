#include <flow/record/json_text.hpp>
#include <flow/snapshot/snapshot_store.hpp>

#include "choice.hpp"
#include "commands.hpp"
#include "table.hpp"

namespace flow::tools {
namespace {

void print_json(snapshot_summary const& s, answer const& to) {
  std::string line;
  json_writer out(line);
  out.open();
  auto const number = [&](char const* name, std::uint64_t n) {
    out.name_next(name);
    out.number(n);
  };
  auto const text = [&](char const* name, std::string_view t) {
    out.name_next(name);
    out.text(t);
  };
  number("id", s.id);
  out.name_next("damaged");
  out.number(s.damaged);
  if (!s.damaged) {
    text("kind", name_of(s.kind));
    out.name_next("time");
    out.time(s.time);
    text("job", printable(s.job));
    number("attempt", s.attempt);
    number("pieces", s.pieces);
    number("bytes", s.bytes);
    number("own_pieces", s.own_pieces);
    number("own_bytes", s.own_bytes);
  }
  out.close();
  to.print(line + '\n');
}

std::string seconds_text(timestamp time) {
  std::string text;
  append_time(text, std::chrono::floor<std::chrono::seconds>(time));
  return text;
}

}  // namespace

void list(std::string const& directory, answer const& to) {
  auto const checkpoints = read_snapshots(directory)->list();
  if (to.json) {
    for (auto const& s : checkpoints) print_json(s, to);
    return;
  }
  if (checkpoints.empty()) return to.print("no checkpoints in '" + directory + "'\n");
  using enum table::content;
  table t({{"ID", number}, {"KIND", word}, {"BEGUN", word}, {"JOB", name}, {"ATTEMPT", number}, {"PIECES", number}, {"BYTES", number}, {"NEW BYTES", number}});
  for (auto const& s : checkpoints) {
    if (s.damaged) t.add({std::to_string(s.id), "damaged", "", "", "", "", "", ""});
    else
      t.add({std::to_string(s.id), std::string(name_of(s.kind)), seconds_text(s.time), printable(s.job), std::to_string(s.attempt), grouped(s.pieces),
             grouped(s.bytes), grouped(s.own_bytes)});
  }
  to.print(t.text(to.width));
}

}  // namespace flow::tools
