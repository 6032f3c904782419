// Says of each request head on standard input (in the form of tests/golden/generate.py) what s3::verify makes
// of it, one line each: `accepted` and what was read, `refused` and the code, or `framing` and the code where
// the framing guard was first. tests/golden/many_test.py asks.

#include "golden/told.hpp"
#include "golden/vector_file.hpp"

#include <iostream>

namespace {

using namespace s3proxy;

std::string code_of(boost::system::error_code const& error) {
  return std::string(base::describe(base::to_errc(error)).s3_code);
}

std::string verdict(s3::vector const& asked, s3::vector_reader const& known, s3::signing_key_cache& keys) {
  auto const head = http::parse_request_head(asked.head);
  if (!head) {
    return "framing " + code_of(head.error());
  }
  auto const find = [&known](std::string_view key_id) { return known.find(key_id); };
  auto const verified = s3::verify(*head, {.find_key = find, .now = asked.clock, .keys = &keys});
  return verified ? "accepted " + s3::told(*verified) : "refused " + code_of(verified.error());
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  s3::vector_reader reader(std::cin);
  s3::signing_key_cache keys;
  while (auto const asked = reader.next()) {
    std::cout << verdict(*asked, reader, keys) << '\n';
  }
}
