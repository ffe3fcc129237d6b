// flow-snapshot: what lies in a directory of checkpoints or in a savepoint.

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>

#include <flow/error.hpp>
#include <flow/version.hpp>

#include "commands.hpp"

namespace {

using namespace flow::tools;

enum status { success = 0, failure = 1, wrong_usage = 2 };

/// What the command line asks for. `run` is that of the command that was named.
struct request {
  std::string directory, checkpoint, operator_name, state_name;
  std::vector<std::string> checkpoints;
  bool json = false;
  std::function<status(answer const&)> run;
};

void print_to_stdout(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) throw flow::system_error(errno, "cannot write to standard output");
}

std::size_t terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1) return 0;
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// A stream that was closed by who called must not become a file of the database.
void open_standard_streams() {
  for (int const stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      [[maybe_unused]] int const opened = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // to use it fails as before
    }
}

CLI::App* add_command(CLI::App& app, request& r, char const* name, char const* text, bool with_json, std::function<status(answer const&)> run) {
  auto* const command = app.add_subcommand(name, text);
  command->add_option("DIR", r.directory, "a directory of checkpoints, or a savepoint")->required();
  if (with_json) command->add_flag("--json", r.json, "lines of JSON, for programs");
  command->callback([&r, run = std::move(run)] { r.run = run; });
  return command;
}

void declare(CLI::App& app, request& r) {
  char const* const id = "a checkpoint's id, or 'latest'";
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("flow-snapshot ") + std::string(flow::version));
  app.footer("All but `delete` change nothing and may be used while a job writes to DIR: they show what was there when they began.\n"
             "Exit status: 0 done, 1 failed or damage found, 2 wrong usage.");
  add_command(app, r, "list", "the checkpoints and savepoints there are", true, [&r](answer const& to) {
    list(r.directory, to);
    return success;
  });
  add_command(app, r, "verify", "reads all of a checkpoint, or of each, and tells what is damaged", true, [&r](answer const& to) {
    return verify_checkpoints(r.directory, r.checkpoint, to) ? success : failure;
  })->add_option("ID", r.checkpoint, id);
  add_command(app, r, "show", "operators and states of a checkpoint: schemas, parts, entries, bytes", true, [&r](answer const& to) {
    show(r.directory, r.checkpoint, to);
    return success;
  })->add_option("ID", r.checkpoint, id)->required();
  auto* const print = add_command(app, r, "print", "the entries of a state, a line of JSON each", false, [&r](answer const& to) {
    print_state(r.directory, r.checkpoint, r.operator_name, r.state_name, to);
    return success;
  });
  print->add_option("ID", r.checkpoint, id)->required();
  print->add_option("OPERATOR", r.operator_name, "an operator's name, as `show` has it")->required();
  print->add_option("STATE", r.state_name, "the name of one of its states")->required();
  add_command(app, r, "delete", "removes checkpoints or savepoints, and what only they need; not while a job has DIR open", false, [&r](answer const& to) {
    remove_checkpoints(r.directory, r.checkpoints, to);
    return success;
  })->add_option("ID", r.checkpoints, "ids of checkpoints")->required();
}

status run(int argc, char** argv) {
  CLI::App app("Looks into the snapshots of a libflow job: checkpoints and savepoints.", "flow-snapshot");
  request r;
  declare(app, r);
  try {
    app.parse(argc, argv);
  } catch (CLI::Success const& wanted) {  // --help, --version
    return app.exit(wanted), success;
  } catch (CLI::ParseError const& e) {
    bool const named = !app.get_subcommands().empty();
    std::string const wrong = named ? e.what() : "expected a command, list, verify, show, print or delete" + (argc > 1 ? ", found '" + std::string(argv[1]) + "'" : "");
    throw flow::error(flow::error_code::usage, wrong + "; flow-snapshot --help tells how it is used");
  }
  auto const result = r.run({print_to_stdout, terminal_width(), r.json});
  if (std::fflush(stdout) != 0) throw flow::system_error(errno, "cannot write to standard output");
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a pipe that nobody reads is told as an error
  try {
    return run(argc, argv);
  } catch (flow::error const& e) {
    std::cerr << "flow-snapshot: " << e.what() << '\n';
    return e.code() == flow::error_code::usage ? wrong_usage : failure;
  } catch (std::exception const& e) {
    std::cerr << "flow-snapshot: " << e.what() << '\n';
    return failure;
  }
}
