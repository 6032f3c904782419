#include "request.hpp"

#include <fstream>
#include <stdexcept>
#include <utility>

namespace load {

namespace {

constexpr std::size_t largest_request = 64 * 1024;

}  // namespace

std::vector<request> read_requests(std::string const& path) {
  std::ifstream file{path, std::ios::binary};
  std::vector<request> found;
  request next;
  std::size_t size = 0;
  while (file >> next.status >> next.length >> next.offset >> size) {
    if (file.get() != '\n' || size > largest_request) {
      break;
    }
    next.bytes.resize(size);
    if (!file.read(next.bytes.data(), static_cast<std::streamsize>(size))) {
      break;
    }
    found.push_back(std::exchange(next, {}));
  }
  if (!file.eof() || found.empty()) {
    throw std::runtime_error{path + ": not a file of requests"};
  }
  return found;
}

}  // namespace load
