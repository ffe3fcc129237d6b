#include <flow/state/working_set.hpp>

#include <numeric>

namespace flow {

void working_set::add(evictable& table) {
  if (!entered_) backend_->enter();
  entered_ = true;
  tables_.push_back(&table);
}

/// Where all has been used since the last time round, nothing goes in the first round, and the rest in the second.
void working_set::evict() {
  std::size_t const limit = backend_->share();
  std::size_t held = std::accumulate(tables_.begin(), tables_.end(), std::size_t{0}, [](std::size_t n, evictable* t) { return n + t->in_memory(); });
  if (held <= limit) return;
  std::vector<std::pair<evictable*, int>> left;  // and how often we have come round
  for (auto* t : tables_) left.emplace_back(t, 0);
  while (held > limit && !left.empty()) {
    auto const largest = std::max_element(left.begin(), left.end(), [](auto const& a, auto const& b) { return a.first->in_memory() < b.first->in_memory(); });
    auto& [table, rounds] = *largest;
    std::size_t const before = table->in_memory();
    bool const round = table->evict();
    held -= std::min(held, before - std::min(before, table->in_memory()));
    if (round && ++rounds == 3) left.erase(largest);
  }
  for (auto* t : tables_) t->write();
}

}  // namespace flow
