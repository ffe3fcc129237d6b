#pragma once
// Jobs inside an application that is a CAF application already: the only header that shows CAF.
//
//     auto [orders, inlet] = flow::actors::inlet<order>(system, "orders");            // a source that actors feed
//     flow::job job{"totals"};
//     job.source("orders", orders). ... .sink("totals", flow::actors::outlet<total>(dashboard));   // a sink that is an actor
//     auto running = flow::actors::spawn(system, std::move(job));                     // a typed actor
//     self->request(inlet, 10s, order{...}).then(...);                                // the answer is the credit for the next
//     self->request(running, caf::infinite, flow::actors::await_v).then(...);
//
// Records that cross between actors are messages of the application: CAF wants an `inspect` for their type, or
// CAF_ALLOW_UNSAFE_MESSAGE_TYPE. Inside the job they need what every record needs.

#include <flow/actors/configure.hpp>
#include <flow/actors/errors.hpp>
#include <flow/actors/inlet.hpp>
#include <flow/actors/outlet.hpp>
#include <flow/actors/spawn.hpp>
