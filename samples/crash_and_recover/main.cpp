// A job that is killed again and again, and publishes what it would have published undisturbed.

#include <iostream>

#include "job_process.hpp"

#include <flow/run.hpp>

options options::of(flow::arguments& arguments) {
  options o;
  o.input = arguments.text("input", FLOW_SAMPLE_DIR "/../flight_delays/data/flights-20k.json", "flights, as flight_delays reads them");
  o.out = arguments.text("out", "out/crash_and_recover", "folder for the results");
  o.rate = arguments.number("rate", 5'000, "records read per second; 0: as fast as they come");
  o.crashes = arguments.number("crashes", 5, "how often the job is killed");
  o.within = arguments.number("within", 4'000, "a run is killed after a random number of records, at most so many");
  o.seed = arguments.number("seed", 1, "of what is random");
  o.crash_after = arguments.number("crash-after", 0, "one run only, that kills itself after so many records");
  o.notes = arguments.text("notes", "", "one run only, that writes to this file how far it has come");
  return o;
}

int main(int argc, char** argv) {
  flow::arguments arguments{argc, argv};
  auto const o = options::of(arguments);
  bool const one_run = o.crash_after > 0 || arguments.settings().checkpoints() || !o.notes.empty();
  bool const only_tells = arguments.help() || arguments.explain() != flow::arguments::plan_form::none || !arguments.mistakes().empty();
  if (!one_run && !only_tells) try {
    return show(o, arguments.settings(), argc, argv);
  } catch (flow::error const& e) {
    std::cerr << e.what() << '\n';
    return flow::exit_status::failed;
  }

  run_notes own;
  shared_notes shared;
  if (!o.notes.empty() && !only_tells) shared = map_notes(o.notes);
  flow::job job{"crash-and-recover"};
  describe(job, o, shared ? *shared : own);
  return flow::run(job, arguments);
}
