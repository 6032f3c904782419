#include "s3proxy/app/run.hpp"

#include "s3proxy/app/effective.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/app/serve.hpp"
#include "s3proxy/app/start_up.hpp"
#include "s3proxy/observe/log.hpp"

#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace s3proxy::app {
namespace {

constexpr int exit_usage = 2;

int complain(usage_error const& wrong) {
  for (auto const& sentence : wrong.sentences) {
    std::fprintf(stderr, "s3proxy: %s\n", observe::escape_line(sentence).c_str());
  }
  return wrong.exit_code;
}

int print(std::string const& text) {
  std::fputs(text.c_str(), stdout);
  return 0;
}

void say_warnings(run_request const& request) {
  for (auto const& warning : request.warnings) {
    observe::warn(observe::room::app, warning);
  }
}

int work(run_request request, std::vector<std::string> arguments) {
  observe::configure(request.chosen.log);
  auto outcome = resolve(std::move(request), process_environment, read_file, stamp_file);
  if (auto const* const wrong = std::get_if<usage_error>(&outcome)) {
    return complain(*wrong);
  }
  auto& with = std::get<resolved>(outcome);
  say_warnings(with.request);
  switch (with.request.what) {
    case command::run:
      return serve(std::move(with), std::move(arguments));
    case command::validate:
      return print("ok\n");
    case command::show_effective:
      return print(render_effective(with.request, facts_of(with)));
  }
  return exit_usage;
}

}  // namespace

int run(int argc, char const* const* argv) {
  std::signal(SIGCHLD,
              SIG_DFL);  // whoever started us may have chosen otherwise, and programs must be waited for
  std::signal(SIGPIPE, SIG_IGN);  // a client that left is an error code, not the end of the process
  auto outcome = parse_options(argc, argv, process_environment, read_file);
  if (auto const* text = std::get_if<text_request>(&outcome)) {
    return print(text->text);
  }
  if (auto const* wrong = std::get_if<usage_error>(&outcome)) {
    return complain(*wrong);
  }
  return work(std::get<run_request>(std::move(outcome)), std::vector<std::string>(argv, argv + argc));
}

}  // namespace s3proxy::app
