#pragma once

#include "s3proxy/app/start_up.hpp"

#include <string>
#include <vector>

namespace s3proxy::app {

/// Starts the daemon, prints the banner, checks the store once, and serves until SIGTERM or SIGINT; SIGHUP
/// reads the configuration again. `arguments` is the command line, the program's name first. Gives the exit
/// code: 0 after a drain, 1 when it cannot listen.
int serve(resolved with, std::vector<std::string> arguments);

}  // namespace s3proxy::app
