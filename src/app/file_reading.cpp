#include "s3proxy/app/file_reading.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace s3proxy::app {
namespace {

constexpr std::size_t longest_file = std::size_t{1} << 20;

class open_file {
 public:
  // Not blocking: a path that names a pipe must not hang the start.
  explicit open_file(std::string const& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~open_file() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

file_reading failed(int code) {
  if (code == ENOENT || code == ENOTDIR) {
    return {file_reading::outcome::absent, {}, {}};
  }
  return {file_reading::outcome::unreadable, std::generic_category().message(code), {}};
}

readable_by readers_of(int fd) {
  struct stat status{};
  bool const open = ::fstat(fd, &status) == 0 && (status.st_mode & S_IROTH) != 0;
  return open ? readable_by::everybody : readable_by::owner_or_group;
}

std::int64_t nanoseconds(timespec const& t) {
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

file_reading read_file(std::string const& path) {
  open_file const file(path);
  if (file.fd() < 0) {
    return failed(errno);
  }
  file_reading reading{file_reading::outcome::read, {}, readers_of(file.fd())};
  std::array<char, 4096> buffer{};
  while (true) {
    auto const n = ::read(file.fd(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return failed(errno);
    }
    if (n == 0) {
      return reading;
    }
    reading.text.append(buffer.data(), static_cast<std::size_t>(n));
    if (reading.text.size() > longest_file) {
      return {file_reading::outcome::unreadable, "larger than 1 MiB", {}};
    }
  }
}

std::optional<file_stamp> stamp_file(std::string const& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return file_stamp{nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
                    static_cast<std::uint64_t>(status.st_size), status.st_ino};
}

}  // namespace s3proxy::app
