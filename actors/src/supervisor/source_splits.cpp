#include "source_splits.hpp"

namespace flow {

template <class F>
auto source_splits::guarded(F f) const {
  try {
    return f();
  } catch (...) {
    throw error_being_handled(source_.name);
  }
}

source_splits::source_splits(node const& source, std::uint32_t subtasks, flow::clock const& clock)
    : source_(source), enumerator_(guarded([&] { return source.make_enumerator(); })),
      assignment_(subtasks, enumerator_->on_request(), enumerator_->in_time_order()), subtasks_(subtasks), clock_(clock) {}

source_splits::looked source_splits::look() {
  using namespace std::chrono_literals;
  return guarded([&]() -> looked {
    if (!std::exchange(opened_, true)) {
      connector_context c;
      c.operator_name = source_.name;
      c.parallelism = subtasks_;
      c.clock = &clock_;
      enumerator_->open(c);
    }
    auto found = enumerator_->discover();
    auto const again = enumerator_->look_again();
    // Before the first look is finished nobody may think that there is nothing to read.
    if (!known_ && again == 0ns && found.empty() && restored_.empty()) return {{}, {}, again};
    known_ = true;
    found.insert(found.begin(), restored_.begin(), restored_.end());
    restored_.clear();
    auto shares = assignment_.found(found, !again);
    return {std::move(found), std::move(shares), again};
  });
}

stored_splits source_splits::store() const {
  stored_splits s{enumerator_->position(), restored_};
  s.waiting.insert(s.waiting.end(), assignment_.waiting().begin(), assignment_.waiting().end());
  return s;
}

void source_splits::restore(stored_splits const& stored) {
  if (!stored.position.empty()) guarded([&] { enumerator_->restore(stored.position); });
  restored_ = stored.waiting;
}

}  // namespace flow
