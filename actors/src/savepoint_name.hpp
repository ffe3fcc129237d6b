#pragma once
// Where a savepoint goes that nobody named.

#include <string>

#include <flow/time.hpp>

namespace flow {

/// A path in the directory that is not there yet: of the job's name and the time, "points/flights-20261125T084512Z".
std::string new_savepoint(std::string const& directory, std::string const& job, timestamp now);

}  // namespace flow
