#pragma once
// Errors of jobs as CAF's errors, and back.

#include <optional>

#include <caf/error.hpp>

#include <flow/error.hpp>

namespace flow::actors {

/// The category of all errors that come from jobs, inlets and outlets.
inline constexpr caf::atom_value error_category = caf::atom("flow");

/// The code, with the operator's name and the message as context.
caf::error to_caf(error const& e);
/// The error of a job that a CAF error stands for; nothing when it is of another category.
std::optional<error> from_caf(caf::error const& e);

}  // namespace flow::actors
