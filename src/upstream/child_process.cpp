#include "s3proxy/upstream/child_process.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace s3proxy::upstream {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::posix::stream_descriptor;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kept_complaints = 4096;
constexpr std::chrono::milliseconds look_again{5};  // for the end of a program that has closed its stdout

/// A pipe of which the child gets the writing end.
struct pipe_ends {
  pipe_ends() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      ends = {-1, -1};
    }
  }
  ~pipe_ends() {
    for (auto const end : ends) {
      if (end >= 0) {
        ::close(end);
      }
    }
  }
  pipe_ends(pipe_ends const&) = delete;
  pipe_ends& operator=(pipe_ends const&) = delete;

  bool made() const { return ends[0] >= 0; }
  int writing() const { return ends[1]; }
  int take_reading() { return std::exchange(ends[0], -1); }

  std::array<int, 2> ends{-1, -1};
};

/// What posix_spawn is told.
class spawn_orders {
 public:
  spawn_orders() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&manner);
  }
  ~spawn_orders() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&manner);
  }
  spawn_orders(spawn_orders const&) = delete;
  spawn_orders& operator=(spawn_orders const&) = delete;

  void connect(int out, int err) {
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);  // sockets are not close-on-exec
  }
  // Signals that we ignore would be ignored by the program as well.
  void restore_signals() {
    sigset_t none;
    sigset_t back;
    ::sigemptyset(&none);
    ::sigemptyset(&back);
    ::sigaddset(&back, SIGPIPE);
    ::posix_spawnattr_setsigmask(&manner, &none);
    ::posix_spawnattr_setsigdefault(&manner, &back);
    ::posix_spawnattr_setpgroup(&manner, 0);
    ::posix_spawnattr_setflags(
        &manner, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  }

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t manner{};
};

/// A running program. Whoever lets go of it last kills what is left of it.
struct child {
  explicit child(asio::any_io_executor const& executor) : out(executor), err(executor), deadline(executor) {}
  ~child() {
    kill_all();
    if (pid > 0 && !ended) {
      ::waitpid(pid, nullptr, 0);  // it was killed: this does not wait
    }
  }
  child(child const&) = delete;
  child& operator=(child const&) = delete;

  void kill_all() {
    if (pid > 0 && !ended) {
      ::kill(-pid, SIGKILL);
      ::kill(pid, SIGKILL);  // it may have left its group
    }
  }
  /// Its exit code, once it has ended.
  std::optional<int> look() {
    int status = 0;
    auto const told = ::waitpid(pid, &status, WNOHANG);
    if (told < 0 && errno == ECHILD) {  // somebody else has taken its end: how it ended is not known
      ended = true;
      return -1;
    }
    if (told != pid) {
      return std::nullopt;
    }
    ended = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  pid_t pid = -1;
  bool ended = false;
  bool too_slow = false;
  stream_descriptor out;
  stream_descriptor err;
  asio::steady_timer deadline;
  std::string complaints;
};

/// Starts the program; gives 0, or the reason as errno has it.
int start(child& made, std::vector<std::string>& arguments) {
  pipe_ends out;
  pipe_ends err;
  if (!out.made() || !err.made()) {
    return errno;
  }
  std::vector<char*> argv;
  for (auto& one : arguments) {
    argv.push_back(one.data());
  }
  argv.push_back(nullptr);
  spawn_orders orders;
  orders.connect(out.writing(), err.writing());
  orders.restore_signals();
  auto const failed = ::posix_spawnp(&made.pid, argv[0], &orders.files, &orders.manner, argv.data(), environ);
  if (failed != 0) {
    made.pid = -1;
    return failed;
  }
  made.out.assign(out.take_reading());
  made.err.assign(err.take_reading());
  return 0;
}

void keep(std::string& complaints, std::string_view more) {
  complaints.append(more.substr(0, kept_complaints - std::min(kept_complaints, complaints.size())));
}

/// Takes what it complains about as it comes: a full pipe would stop it.
awaitable<void> hear_complaints(std::shared_ptr<child> of) {
  std::array<char, 1024> buffer{};
  for (;;) {
    auto const [ec, got] = co_await of->err.async_read_some(asio::buffer(buffer), as_result);
    if (ec) {
      co_return;
    }
    keep(of->complaints, {buffer.data(), got});
  }
}

/// What is in the pipe when it has ended. A grandchild may hold the other end for ever.
void hear_the_rest(child& of) {
  std::array<char, 1024> buffer{};
  boost::system::error_code ec;
  of.err.non_blocking(true, ec);
  for (int i = 0; i < 64 && !ec; ++i) {
    auto const got = of.err.read_some(asio::buffer(buffer), ec);
    keep(of.complaints, {buffer.data(), ec ? 0 : got});
  }
  of.err.close(ec);
}

enum class hearing { whole, too_much };

awaitable<hearing> hear_output(std::shared_ptr<child> of, std::string& output, std::size_t most) {
  std::array<char, 4096> buffer{};
  for (;;) {
    auto const [ec, got] = co_await of->out.async_read_some(asio::buffer(buffer), as_result);
    if (ec) {
      co_return hearing::whole;
    }
    if (output.size() + got > most) {
      co_return hearing::too_much;
    }
    output.append(buffer.data(), got);
  }
}

awaitable<int> wait_for_end(std::shared_ptr<child> of) {
  asio::steady_timer timer(of->out.get_executor());
  for (;;) {
    if (auto const code = of->look()) {
      co_return *code;
    }
    timer.expires_after(look_again);
    co_await timer.async_wait(as_result);
  }
}

program_failure too_slow(std::chrono::milliseconds most) {
  return {program_failure::kind::too_slow,
          "did not end within " + std::to_string(most.count() / 1000) + " s and was killed"};
}

}  // namespace

awaitable<std::variant<program_end, program_failure>> run_program(std::vector<std::string> arguments,
                                                                  std::chrono::milliseconds most,
                                                                  std::size_t most_bytes) {
  auto const executor = co_await asio::this_coro::executor;
  auto const running = std::make_shared<child>(executor);
  if (auto const why = start(*running, arguments); why != 0) {
    co_return program_failure{program_failure::kind::not_started,
                              "cannot be started: " + std::generic_category().message(why)};
  }
  asio::co_spawn(executor, hear_complaints(running), asio::detached);
  auto const give_up = [running](boost::system::error_code ec) {
    if (!ec && !running->ended) {
      running->too_slow = true;
      running->kill_all();
      running->out.close(ec);
    }
  };
  running->deadline.expires_after(most);
  running->deadline.async_wait(give_up);
  program_end end;
  auto const heard = co_await hear_output(running, end.output, most_bytes);
  if (heard == hearing::too_much) {
    running->kill_all();
  }
  end.exit_code = co_await wait_for_end(running);
  running->deadline.cancel();
  hear_the_rest(*running);
  if (running->too_slow) {
    co_return too_slow(most);
  }
  if (heard == hearing::too_much) {
    co_return program_failure{program_failure::kind::too_much,
                              "printed more than " + std::to_string(most_bytes / 1024) + " KiB"};
  }
  end.complaints = std::move(running->complaints);
  co_return end;
}

}  // namespace s3proxy::upstream
