#pragma once
// With which state backend harnesses and simulations keep their state: in memory, or as the environment variable FLOW_STATE_BACKEND says,
// so that whole suites can be run with another one. "rocksdb": with next to no memory, so that everything is read and written.

#include <memory>

#include <flow/settings.hpp>
#include <flow/state/entry_store.hpp>

namespace flow::testing {

/// A backend for one operator; null: all of its state is in memory.
std::unique_ptr<state_backend> backend_under_test();
/// The settings of a simulated run.
settings under_test(settings s);

}  // namespace flow::testing
