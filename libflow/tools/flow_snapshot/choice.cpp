#include "choice.hpp"

#include <algorithm>
#include <charconv>

namespace flow::tools {
namespace {

std::string ids_of(std::vector<snapshot_summary> const& all) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = all.size() - std::min(all.size(), most); i < all.size(); ++i) text += (text.empty() ? "" : ", ") + std::to_string(all[i].id);
  if (all.empty()) return "there is none";
  return all.size() > most ? "the newest are " + text : "there are " + text;
}

checkpoint_id number(std::string const& word) {
  checkpoint_id id = 0;
  auto const* const end = word.data() + word.size();
  auto const read = std::from_chars(word.data(), end, id);
  if (read.ec == std::errc{} && read.ptr == end) return id;
  throw error(error_code::usage, "expected the id of a checkpoint, a whole number or 'latest', found '" + word + "'; flow-snapshot list shows the ids");
}

}  // namespace

checkpoint_id chosen(snapshot_store const& store, std::string const& directory, std::string const& word) {
  auto const all = store.list();
  if (word == "latest") {
    auto const newest = std::find_if(all.rbegin(), all.rend(), [](auto const& s) { return !s.damaged; });
    if (newest != all.rend()) return newest->id;
    throw error(error_code::not_found, "no checkpoint in '" + directory + "' can be read; flow-snapshot list shows what is there");
  }
  auto const id = number(word);
  if (std::any_of(all.begin(), all.end(), [id](auto const& s) { return s.id == id; })) return id;
  throw error(error_code::not_found, "there is no checkpoint " + word + " in '" + directory + "': " + ids_of(all));
}

}  // namespace flow::tools
