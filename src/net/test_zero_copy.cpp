#include "s3proxy/net/zero_copy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace s3proxy::net {
namespace {

constexpr std::size_t tested = 32 * 1024;  // less than any socket and its peer hold unread

class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  descriptor(descriptor const&) = delete;
  descriptor& operator=(descriptor const&) = delete;
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

class mapping {
 public:
  mapping() : at_(::mmap(nullptr, tested, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
  ~mapping() {
    if (at_ != MAP_FAILED) {
      ::munmap(at_, tested);
    }
  }
  mapping(mapping const&) = delete;
  mapping& operator=(mapping const&) = delete;
  char* get() const { return at_ == MAP_FAILED ? nullptr : static_cast<char*>(at_); }

 private:
  void* at_;
};

std::string with_reason(std::string_view what) {
  return std::string(what) + ": " + std::strerror(errno);
}

sockaddr* general(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

/// A listener on the loopback interface; where it listens goes into `at`.
int listen_here(sockaddr_in& at) {
  auto const out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof at;
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (out >= 0 && (::bind(out, general(at), size) != 0 || ::listen(out, 1) != 0 ||
                   ::getsockname(out, general(at), &size) != 0)) {
    ::close(out);
    return -1;
  }
  return out;
}

/// Whether all that arrives, before a second has passed, is `wanted`.
bool arrives(int socket, char wanted) {
  timeval const patience{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, tested> bytes;
  auto const count = ::recv(socket, bytes.data(), bytes.size(), MSG_WAITALL);
  return count == static_cast<ssize_t>(tested) &&
         std::ranges::all_of(bytes, [wanted](char byte) { return byte == wanted; });
}

std::optional<std::string> test_between(int sender, int reader, replace_pages const& replace) {
  zero_copy alone({}, {[] { return base::byte_count{0}; }, [](base::byte_count) {}});
  auto const way = pipe::make(alone);
  if (!way) {
    return with_reason("no pipe");
  }
  mapping const memory;
  if (!memory.get()) {
    return with_reason("no memory");
  }
  std::memset(memory.get(), 'a', tested);
  std::string_view const lent(memory.get(), tested);
  if (way->fill({&lent, 1}) != tested) {
    return with_reason("vmsplice");
  }
  std::size_t moved = 0;
  if (way->drain_into(sender, moved) != pipe::outcome::drained) {
    return with_reason("splice");
  }
  if (!replace(memory.get(), tested)) {
    return with_reason("madvise");
  }
  std::memset(memory.get(), 'b', tested);
  return arrives(reader, 'a') ? std::nullopt
                              : std::optional<std::string>("this kernel sends bytes that were written later");
}

}  // namespace

std::optional<std::string> test_zero_copy(replace_pages const& replace) {
  sockaddr_in at{};
  descriptor const door(listen_here(at));
  descriptor const sender(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // The backlog takes the connection before anybody accepts it.
  if (!door.is_open() || !sender.is_open() || ::connect(sender.get(), general(at), sizeof at) != 0) {
    return with_reason("no socket on the loopback interface");
  }
  descriptor const reader(::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!reader.is_open()) {
    return with_reason("no socket on the loopback interface");
  }
  return test_between(sender.get(), reader.get(), replace);
}

}  // namespace s3proxy::net
