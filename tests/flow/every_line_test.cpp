// Every flow test runs with the log at its chattiest, and none of its lines may show a secret of the tests.

#include "s3proxy/observe/log.hpp"

#include "support/handed_out.hpp"
#include "support/heard_log.hpp"
#include "support/secret_watch.hpp"
#include "support/world.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

constexpr std::size_t most_lines = 200;  // shown of a test that failed

/// Hears the log of each test, and shows it only if the test fails. A test that hears it itself hands on what
/// it hears (heard_log does).
class listener : public testing::EmptyTestEventListener {
  void OnTestStart(testing::TestInfo const&) override {
    observe::configure({.everywhere = observe::level::debug, .exceptions = {}});
    forget_secrets();
    keep_secret(told_secret);
    lines_.clear();
    hearing_.emplace([this](observe::room r, observe::level l, std::string_view line) {
      watch_line(line);
      std::lock_guard const lock(mutex_);
      if (lines_.size() < most_lines) {
        lines_.push_back(std::string(name_of(l)) + " " + std::string(name_of(r)) + ": " + std::string(line));
      }
    });
  }
  void OnTestEnd(testing::TestInfo const& test) override {
    hearing_.reset();
    observe::configure(observe::log_spec{});
    if (test.result()->Failed()) {
      for (auto const& line : lines_) {
        std::fprintf(stderr, "%s\n", line.c_str());
      }
    }
  }

  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::optional<observe::log_capture> hearing_;
};

/// The program takes the listener over, before any test runs.
[[maybe_unused]] bool const listens = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new listener);
  return true;
}();

TEST(every_line, with_a_secret_in_it_fails_the_test) {
  keep_secret("a/secret of this test");
  EXPECT_NONFATAL_FAILURE(observe::debug(observe::room::app, "it is a/secret of this test!"),
                          "shows the secret");
  EXPECT_NONFATAL_FAILURE(watch_line("GET /k?token=a%2Fsecret%20of%20this%20test"), "shows the secret");
  heard_log const log;
  EXPECT_NONFATAL_FAILURE(observe::info(observe::room::app, "a/secret of this test"), "shows the secret");
  observe::info(observe::room::app, "a secret of another test");
}

TEST(every_line, knows_the_keys_that_requests_are_signed_with) {
  world w;
  w.ask_as({base::access_key_id("SOMEBODY"), base::secret("whose secret is this"), {}}, {"GET", "/bucket/k"});
  EXPECT_NONFATAL_FAILURE(watch_line(w.keys.secret_key.reveal()), "shows the secret");
  EXPECT_NONFATAL_FAILURE(watch_line("whose secret is this"), "shows the secret");
}

}  // namespace
}  // namespace s3proxy::test
