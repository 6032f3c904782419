#include "s3proxy/app/reload.hpp"

#include "support/operator.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace s3proxy::app {
namespace {

using outcome = reload::report::outcome;
using lines = std::vector<std::string>;

constexpr char const* minimum = "endpoint = \"http://store\"\n";
constexpr char const* ann = "[[identities]]\naccess-key-id = \"ANN\"\nsecret-file = \"/ann\"\n";

/// A daemon that was started with a file, and what it was told to take over.
struct running_daemon {
  test::files disk{{"/f", {std::string(minimum) + ann}}, {"/ann", {"hush-1"}}};
  test::variables set;
  std::vector<run_request> taken;
  int certificates = 0;
  std::optional<std::string> refusal;
  lines bad_certificates;
  reload subject;

  running_daemon()
      : subject({"s3proxy", "--config", "/f", "--port", "0"}, test::lookup_in(set), test::reader_of(disk),
                test::accepted({"--config", "/f", "--port", "0"}, set, disk),
                {.take_over =
                     [this](run_request const& fresh) {
                       if (!refusal) {
                         taken.push_back(fresh);
                       }
                       return refusal;
                     },
                 .certificates =
                     [this] {
                       ++certificates;
                       return bad_certificates;
                     }}) {}

  void write(std::string const& text) { disk["/f"].text = minimum + text; }
};

TEST(reload, takes_over_identities_and_says_what_changed) {
  running_daemon daemon;
  daemon.write(std::string("log-level = \"debug\"\n") +
               "[[identities]]\naccess-key-id = \"BOB\"\nsecret = \"hush-2\"\n");
  auto const report = daemon.subject.now();
  EXPECT_EQ(report.what, outcome::taken_over);
  EXPECT_EQ(report.said,
            "configuration read again: identity BOB added; identity ANN removed; log-level changed from the "
            "default "
            "(info) to `debug`");
  EXPECT_TRUE(report.warnings.empty());
  ASSERT_EQ(daemon.taken.size(), 1U);
  EXPECT_EQ(daemon.taken[0].declared.identities.at(0).keys.key_id.str(), "BOB");
  EXPECT_EQ(daemon.taken[0].chosen.log.everywhere, observe::level::debug);
  EXPECT_EQ(daemon.certificates, 1);
  EXPECT_EQ(daemon.subject.now().said, "configuration read again: nothing new in it");
}

TEST(reload, reads_the_secret_files_again) {
  running_daemon daemon;
  daemon.disk["/ann"].text = "hush-3\n";
  auto const report = daemon.subject.now();
  EXPECT_EQ(report.said, "configuration read again: identity ANN changed");
  EXPECT_EQ(daemon.taken.at(0).declared.identities.at(0).keys.secret_key.reveal(), "hush-3");
}

TEST(reload, changes_of_rules_and_principals_are_changes) {
  running_daemon daemon;
  daemon.write(std::string(ann) + "allow = [{ bucket = \"lake\", access = \"read\" }]\n");
  EXPECT_EQ(daemon.subject.now().said, "configuration read again: identity ANN changed");
  std::string const principal =
      "[[principals]]\nname = \"lake\"\naccess-key-id = \"K\"\nsecret-access-key = ";
  daemon.write(principal + "\"hush-4\"\n" + ann);
  EXPECT_EQ(
      daemon.subject.now().said,
      "configuration read again: principal lake added; identity ANN lost its rules: it may do all that its "
      "principal may");
  daemon.write(principal + "\"hush-5\"\n" + ann);
  EXPECT_EQ(daemon.subject.now().said, "configuration read again: principal lake changed");
}

TEST(reload, a_bad_file_changes_nothing_and_says_so_with_the_sentences_of_the_start) {
  running_daemon daemon;
  daemon.write("port = 99999\n[[identities]]\naccess-key-id = \"BOB\"\nsecret = \"hush 2\"\n");
  auto const report = daemon.subject.now();
  EXPECT_EQ(report.what, outcome::kept);
  ASSERT_EQ(report.warnings.size(), 3U);
  EXPECT_EQ(report.warnings[0], "the configuration cannot be used, so nothing of it changes:");
  EXPECT_EQ(lines(report.warnings.begin() + 1, report.warnings.end()),
            test::refused({"--config", "/f", "--port", "0"}, {}, daemon.disk));
  EXPECT_TRUE(daemon.taken.empty());
  EXPECT_EQ(daemon.certificates, 0);
  EXPECT_EQ(daemon.subject.running().declared.identities.at(0).keys.key_id.str(), "ANN");
  daemon.disk.erase("/f");
  EXPECT_EQ(daemon.subject.now().what, outcome::kept);
}

TEST(reload, a_file_that_has_lost_all_its_identities_changes_nothing) {
  running_daemon daemon;
  daemon.write("");  // as a file is that somebody is about to write
  auto const report = daemon.subject.now();
  EXPECT_EQ(report.what, outcome::kept);
  EXPECT_EQ(report.warnings.at(1), "no identity is left in `/f`; to run without any, start anew");
  EXPECT_TRUE(daemon.taken.empty());
}

TEST(reload, an_identity_that_loses_its_rules_is_named) {
  running_daemon daemon;
  daemon.write(std::string(ann) + "allow = [{ bucket = \"lake\", access = \"read\" }]\n");
  daemon.subject.now();
  daemon.write(ann);
  EXPECT_EQ(daemon.subject.now().said,
            "configuration read again: identity ANN lost its rules: it may do all that its principal may");
}

TEST(reload, what_the_daemon_refuses_changes_nothing) {
  running_daemon daemon;
  daemon.refusal = "the profile is gone";
  daemon.write("[[identities]]\naccess-key-id = \"BOB\"\nsecret = \"hush\"\n");
  auto const report = daemon.subject.now();
  EXPECT_EQ(report.what, outcome::kept);
  EXPECT_EQ(report.warnings.at(1), "the profile is gone");
  EXPECT_EQ(daemon.certificates, 0);
  EXPECT_EQ(daemon.subject.running().declared.identities.at(0).keys.key_id.str(), "ANN");
}

TEST(reload, what_cannot_change_while_it_runs_is_named_until_the_next_start) {
  running_daemon daemon;
  daemon.write(std::string("metadata-ttl = \"10s\"\nimmutable = [\"a/*\", \"b/*\"]\nport = 81\n") + ann);
  lines const expected{
      "metadata-ttl changed from the default (60s) to `10s`; that takes effect at the next start",
      "immutable changed from the default (none) to `a/*, b/*`; that takes effect at the next start"};
  for (int again = 0; again < 2; ++again) {
    // The port is not among them: the flag stands above the file.
    auto const report = daemon.subject.now();
    EXPECT_EQ(report.what, outcome::taken_over);
    EXPECT_EQ(report.warnings, expected);
  }
}

TEST(reload, a_bad_certificate_is_told_and_the_rest_is_taken_over) {
  running_daemon daemon;
  daemon.bad_certificates = {"/cert: expired"};
  auto const report = daemon.subject.now();
  EXPECT_EQ(report.what, outcome::taken_over);
  EXPECT_EQ(report.warnings, lines{"/cert: expired"});
}

TEST(reload, no_sentence_holds_a_secret) {
  running_daemon daemon;
  for (std::string const& text :
       {std::string("[[identities]]\naccess-key-id = \"B\"\nsecret = \"hush-7\"\n"),
        std::string("[[identities]]\nsecret = hush-8"),
        std::string("[[principals]]\nname = \"p\"\naccess-key-id = \"K\"\nsecret-access-key = \"hush-9\"\n"),
        std::string("[[identities]]\naccess-key-id = \"B\"\nsecret = \"hush \"\nsecret-file = \"/ann\"\n")}) {
    daemon.write(text);
    auto const report = daemon.subject.now();
    auto all = report.said;
    for (auto const& warning : report.warnings) {
      all += warning;
    }
    EXPECT_EQ(all.find("hush"), std::string::npos) << all;
  }
}

}  // namespace
}  // namespace s3proxy::app
