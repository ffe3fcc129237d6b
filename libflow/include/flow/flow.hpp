#pragma once
// Everything that describes a job. <flow/run.hpp> runs it; each connector has one header of its own.

#include <flow/arguments.hpp>
#include <flow/job.hpp>
#include <flow/graph/plan.hpp>
#include <flow/settings.hpp>
#include <flow/version.hpp>
