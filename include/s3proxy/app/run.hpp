#pragma once

namespace s3proxy::app {

/// The program: reads options, credentials and limits, starts the daemon, says what it resolved, checks the
/// store once, and serves until SIGTERM or SIGINT. Gives the exit code: 0 after a drain, 1 when it cannot
/// run, 2 for a bad usage.
int run(int argc, char const* const* argv);

}  // namespace s3proxy::app
