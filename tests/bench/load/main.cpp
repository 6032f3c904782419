// s3proxy-load: a load generator that costs little, checks every answer and compares some byte for byte.

#include "content.hpp"
#include "driver.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace {

struct options {
  load::settings settings;
  std::string server;
  std::string requests;
  std::uint64_t content = 0;
  double seconds = 0;
  double stall = 0;
  bool tls = false;
  bool spin = false;
};

sockaddr_in parse_address(std::string const& text) {
  auto const colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  }
  if (port == 0 || ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error{"--server " + text + ": expected ADDRESS:PORT"};
  }
  address.sin_port = htons(port);
  return address;
}

void write_content(std::uint64_t bytes) {
  std::array<char, 64 * 1024> chunk;
  for (std::uint64_t at = 0; at < bytes; at += chunk.size()) {
    auto const part = std::span{chunk}.first(std::min<std::uint64_t>(chunk.size(), bytes - at));
    load::content_at(at, part);
    std::cout.write(part.data(), static_cast<std::streamsize>(part.size()));
  }
}

void allow_descriptors(unsigned connections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  auto const wanted = rlim_t{connections} + 64;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = wanted;
    limit.rlim_max = std::max(limit.rlim_max, wanted);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      throw std::runtime_error{"not so many connections: the limit of open files is lower"};
    }
  }
}

int run(options& given) {
  if (given.content != 0) {
    write_content(given.content);
    return std::cout.flush() ? 0 : 1;
  }
  given.settings.server = parse_address(given.server);
  given.settings.longest = std::chrono::duration<double>{given.seconds};
  given.settings.stall = std::chrono::duration<double>{given.stall};
  given.settings.between = given.spin ? load::waiting::spin : load::waiting::sleep;
  auto const requests = load::read_requests(given.requests);
  allow_descriptors(given.settings.connections);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  sigset_t term;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, nullptr);
  auto const tls = given.tls ? load::make_tls_context() : nullptr;
  load::driver driver{given.settings, requests, tls.get()};
  auto const tally = driver.run([] { std::cout << "holding" << std::endl; });
  auto const single = given.settings.how == load::manner::stampede;
  std::cout << tally.json(single ? load::tally::detail::single : load::tally::detail::summary) << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  options given;
  auto& to = given.settings;
  CLI::App app{
      "Sends signed requests from a file, as fast as answers come or at a rate, and checks the answers."};
  auto* content =
      app.add_option("--write-content", given.content, "write so many bytes of the object, and end");
  auto* server = app.add_option("--server", given.server, "ADDRESS:PORT (IPv4)");
  auto* requests = app.add_option("--requests", given.requests, "file of requests (see request.hpp)");
  content->excludes(server)->excludes(requests);
  std::map<std::string, load::manner> const manners{{"keep-alive", load::manner::keep_alive},
                                                    {"fresh", load::manner::fresh},
                                                    {"stampede", load::manner::stampede},
                                                    {"hold", load::manner::hold}};
  app.add_option("--manner", to.how, "keep-alive, fresh (one request a connection), stampede or hold")
      ->transform(CLI::CheckedTransformer(manners));
  app.add_option("--connections", to.connections, "connections")->check(CLI::PositiveNumber);
  app.add_option("--seconds", given.seconds, "end after so long")->check(CLI::NonNegativeNumber);
  app.add_option("--count", to.requests, "end after so many requests");
  app.add_option("--rate", to.rate, "requests a second, due whether or not answers have come")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--compare-every", to.compare_every, "compare one of so many answers")
      ->check(CLI::PositiveNumber);
  app.add_option("--stall", given.stall, "seconds that a reader stops in each answer")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--trickle", to.trickle, "bytes that a reader takes every 10 ms");
  app.add_option("--sources", to.sources, "come from so many addresses, 127.0.0.2 and up");
  app.add_flag("--spin", given.spin,
               "never sleep, so that the server need not wake it; wants a core of its own");
  app.add_flag("--tls", given.tls, "TLS 1.3 with AES-128-GCM; any certificate will do");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(given);
  } catch (std::exception const& error) {
    std::cerr << "s3proxy-load: " << error.what() << '\n';
    return 1;
  }
}
