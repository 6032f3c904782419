#include "support/secret_watch.hpp"

#include "s3proxy/http/target.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <string>

namespace s3proxy::test {
namespace {

constexpr std::size_t shortest = 8;

struct kept_secrets {
  std::mutex mutex;
  std::set<std::string> texts;
};

kept_secrets& kept() {
  static kept_secrets all;
  return all;
}

}  // namespace

void keep_secret(std::string_view text) {
  if (text.size() < shortest) {
    return;
  }
  std::lock_guard const lock(kept().mutex);
  kept().texts.emplace(text);
  kept().texts.insert(http::uri_encode(text, http::slash::encode));
}

void keep_secret(s3::credentials const& keys) {
  keep_secret(keys.secret_key.reveal());
  keep_secret(keys.session_token.reveal());
}

void forget_secrets() {
  std::lock_guard const lock(kept().mutex);
  kept().texts.clear();
}

void watch_line(std::string_view line) {
  std::lock_guard const lock(kept().mutex);
  for (auto const& text : kept().texts) {
    if (line.find(text) != std::string_view::npos) {
      ADD_FAILURE() << "a line shows the secret `" << text << "`: " << line;
    }
  }
}

}  // namespace s3proxy::test
