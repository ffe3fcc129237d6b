#pragma once
// The testing kit: one operator alone with time by hand, or a whole job under a schedule picked by a seed.

#include <flow/testing/difference.hpp>
#include <flow/testing/faults.hpp>
#include <flow/testing/harness.hpp>
#include <flow/testing/simulation.hpp>
