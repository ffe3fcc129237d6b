#include <flow/snapshot/state_contents.hpp>

#include "choice.hpp"
#include "commands.hpp"

namespace flow::tools {

void print_state(std::string const& directory, std::string const& checkpoint, std::string const& operator_name, std::string const& state_name, answer const& to) {
  auto const store = read_snapshots(directory);
  auto const manifest = store->manifest(chosen(*store, directory, checkpoint));
  std::string line;
  read_state(*store, manifest, operator_name, state_name, [&](state_entry const& entry) {
    line.clear();
    append_json(line, entry);
    line += '\n';
    to.print(line);
  });
}

}  // namespace flow::tools
