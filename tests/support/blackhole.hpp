#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace s3proxy::test {

/// A local port where connecting neither succeeds nor fails: its queue of connections is full and nobody
/// takes any.
class blackhole {
 public:
  blackhole() : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
    at_.sin_family = AF_INET;
    at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listening_, generic(), sizeof at_);
    ::listen(listening_, 0);
    socklen_t size = sizeof at_;
    ::getsockname(listening_, generic(), &size);
    while (queued_.size() < 64 && fill_one_place()) {
    }
  }
  ~blackhole() {
    for (auto const one : queued_) {
      ::close(one);
    }
    ::close(listening_);
  }
  blackhole(blackhole const&) = delete;
  blackhole& operator=(blackhole const&) = delete;

  std::uint16_t port() const { return ntohs(at_.sin_port); }
  /// False where the system lets more connections wait than it was asked to.
  bool is_black() const { return black_; }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&at_); }

  // On the loopback a connection that is taken at all is taken at once.
  bool fill_one_place() {
    auto const made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    queued_.push_back(made);
    ::connect(made, generic(), sizeof at_);
    pollfd connected{made, POLLOUT, 0};
    black_ = ::poll(&connected, 1, 100) == 0;
    return !black_;
  }

  int listening_;
  sockaddr_in at_{};
  std::vector<int> queued_;
  bool black_ = false;
};

}  // namespace s3proxy::test
