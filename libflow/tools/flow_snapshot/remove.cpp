#include <flow/snapshot/snapshot_store.hpp>

#include <algorithm>

#include "choice.hpp"
#include "commands.hpp"

namespace flow::tools {

void remove_checkpoints(std::string const& directory, std::vector<std::string> const& checkpoints, answer const& to) {
  std::vector<checkpoint_id> ids;
  {
    auto const reader = read_snapshots(directory);  // makes no directory where there is none
    for (auto const& word : checkpoints) ids.push_back(chosen(*reader, directory, word));
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  auto const store = open_snapshots(directory);
  for (auto const id : ids) {
    store->remove(id);
    to.print("removed checkpoint " + std::to_string(id) + "\n");
  }
}

}  // namespace flow::tools
