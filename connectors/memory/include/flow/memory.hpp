#pragma once
// Sources and sinks without an outside system: for tests, benchmarks and first steps.

#include <flow/memory/collect.hpp>
#include <flow/memory/discard.hpp>
#include <flow/memory/for_each.hpp>
#include <flow/memory/generate.hpp>
#include <flow/memory/values.hpp>
