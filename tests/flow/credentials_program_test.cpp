#include "s3proxy/upstream/credential_fetch.hpp"

#include "support/awaited.hpp"
#include "support/handed_out.hpp"
#include "support/heard_log.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using upstream::credential_failure;
using failure_kind = credential_failure::kind;

std::string printed_keys() {
  return std::string(R"({"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":")") + told_secret + "\"}";
}

upstream::fetched_credentials run(std::vector<std::string> arguments, std::chrono::milliseconds most = 30s) {
  auto const fetch =
      [](std::vector<std::string> what,
         std::chrono::milliseconds within) -> boost::asio::awaitable<upstream::fetched_credentials> {
    key_tools tools;
    auto with = tools.get();
    with.limits.program = within;
    upstream::credential_recipe const recipe{upstream::key_program{std::move(what)}};
    auto got = co_await upstream::fetch_credentials(recipe, with);
    co_return got;
  };
  return awaited(fetch(std::move(arguments), most));
}

upstream::fetched_credentials run_script(std::string const& script, std::chrono::milliseconds most = 30s) {
  return run({"sh", "-c", script}, most);
}

std::string print_keys() {
  return "echo '" + printed_keys() + "'";
}

bool gives_keys(upstream::fetched_credentials const& got) {
  auto const* why = std::get_if<credential_failure>(&got);
  EXPECT_EQ(why, nullptr) << (why ? why->sentence : "");
  return why == nullptr;
}

credential_failure failure_of(upstream::fetched_credentials const& got) {
  auto const* why = std::get_if<credential_failure>(&got);
  EXPECT_NE(why, nullptr);
  return why ? *why : credential_failure{};
}

TEST(credential_process, prints_the_keys) {
  EXPECT_TRUE(gives_keys(run_script(print_keys())));
}

TEST(credential_process, gets_its_arguments_as_they_are_and_no_shell) {
  EXPECT_TRUE(gives_keys(run({"printf", "%s%s", printed_keys().substr(0, 9), printed_keys().substr(9)})));
  EXPECT_EQ(failure_of(run({"echo $(true)"})).what, failure_kind::misconfigured);
}

TEST(credential_process, reads_nothing_and_inherits_nothing) {
  scripted_origin an_open_socket;
  // The descriptors of the shell itself are 0, 1, 2, and whatever it opens for the listing.
  EXPECT_TRUE(
      gives_keys(run_script("cat; for f in /proc/$$/fd/*; do case $(readlink $f) in socket:*) exit 9;; "
                            "esac; done; " +
                            print_keys())));
}

TEST(credential_process, that_fails_is_told_without_what_it_said) {
  heard_log log;
  auto const why = failure_of(run_script("echo 'ask your admin\x1b[2J' >&2; exit 3"));
  EXPECT_EQ(why.what, failure_kind::refused);
  EXPECT_EQ(why.sentence,
            "the credential_process sh ended with 3 (--log-level upstream=debug shows what it said)");
  EXPECT_EQ(log.count("ask your admin\\x1b[2J"), 1U);
  EXPECT_EQ(failure_of(run_script("kill -9 $$")).sentence.substr(0, 40),
            "the credential_process sh ended with 137");
}

TEST(credential_process, may_complain_at_any_length) {
  EXPECT_TRUE(gives_keys(run_script("head -c 300000 /dev/zero >&2; " + print_keys())));
}

TEST(credential_process, that_hangs_is_killed_with_its_children) {
  auto const began = std::chrono::steady_clock::now();
  auto const why = failure_of(run_script("sleep 60 & sleep 60", 100ms));
  EXPECT_EQ(why.what, failure_kind::unreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST(credential_process, that_closes_its_output_and_hangs_is_killed_too) {
  auto const began = std::chrono::steady_clock::now();
  EXPECT_EQ(failure_of(run_script("exec >&- 2>&-; sleep 60", 100ms)).what, failure_kind::unreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST(credential_process, whose_output_is_no_key_pair_is_garbage) {
  EXPECT_EQ(failure_of(run_script("echo hello")).what, failure_kind::garbage);
  EXPECT_EQ(failure_of(run_script("true")).what, failure_kind::garbage);
  auto const much = failure_of(run_script("cat /dev/zero"));
  EXPECT_EQ(much.what, failure_kind::garbage);
  EXPECT_EQ(much.sentence, "the credential_process sh printed more than 64 KiB");
}

TEST(credential_process, that_is_not_there_is_the_operators_fault) {
  auto const why = failure_of(run({"/nowhere/tool", told_secret}));
  EXPECT_EQ(why.what, failure_kind::misconfigured);
  EXPECT_EQ(why.sentence,
            "the credential_process /nowhere/tool cannot be started: No such file or directory");
}

}  // namespace
}  // namespace s3proxy::test
