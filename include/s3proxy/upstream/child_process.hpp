#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace s3proxy::upstream {

/// What became of a program that ran to its end.
struct program_end {
  int exit_code = 0;       ///< 128 + N when signal N ended it, as a shell says
  std::string output;      ///< its stdout
  std::string complaints;  ///< its stderr, the first 4 KiB
};

/// Why there is none, as a clause for people: `cannot be started: No such file or directory`. It quotes no
/// argument: those may hold secrets.
struct program_failure {
  enum class kind { not_started, too_slow, too_much } what = kind::not_started;
  std::string sentence;
};

/// Runs a program without a shell: stdin empty, the environment ours, no open file of ours, a process group
/// of its own. Waits on the coroutine's executor, never blocking it. After `most`, or when its stdout exceeds
/// `most_bytes`, the whole group is killed. Takes at least one argument, the program's name or path.
boost::asio::awaitable<std::variant<program_end, program_failure>> run_program(
    std::vector<std::string> arguments, std::chrono::milliseconds most, std::size_t most_bytes);

}  // namespace s3proxy::upstream
