#include <flow/snapshot/snapshot_store.hpp>

#include "snapshot/piece_index.hpp"

namespace flow {
namespace {

template <class F>
void collect(std::vector<error>& found, F work) {
  try {
    work();
  } catch (error const& e) {
    found.push_back(e);
  }
}

}  // namespace

std::vector<error> verify(snapshot_store const& store, checkpoint_id id) {
  std::vector<error> found;
  collect(found, [&] {
    detail::for_each_part(store.manifest(id), [&](piece_place const& place, state_part const& part) {
      for (auto const& piece : part.pieces)
        collect(found, [&] { store.read(place, piece)->read([](piece_reader::chunk const&) {}); });
    });
  });
  return found;
}

}  // namespace flow
