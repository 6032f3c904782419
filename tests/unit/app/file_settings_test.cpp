// Where settings come from: defaults < file < environment < flags, for every row of the table.
#include "s3proxy/app/check_options.hpp"
#include "s3proxy/app/option_table.hpp"

#include "support/operator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace s3proxy::app {
namespace {

using test::accepted;
using test::accepted_file;
using test::files;
using test::refused;
using test::refused_file;
using test::variables;
using lines = std::vector<std::string>;

constexpr char const* minimum = "endpoint = \"http://store\"\n";

/// Three values that each flag takes, weakest first, and what the file and the others need beside them.
struct sample {
  std::string_view flag;
  std::string file;
  std::string environment;
  std::string typed;
  std::vector<std::string> beside{};
};

std::vector<sample> const& samples() {
  static std::vector<sample> const all{
      {"--endpoint", "http://a", "http://b", "http://c"},
      {"--region", "r-a", "r-b", "r-c"},
      {"--ca-file", "/a", "/b", "/c"},
      {"--client-cert", "/a", "/b", "/c", {"--client-key", "/k"}},
      {"--client-key", "/a", "/b", "/c", {"--client-cert", "/k"}},
      {"--insecure-skip-verify", "no", "yes", "no"},
      {"--origin-connections", "4", "5", "6"},
      {"--port", "1", "2", "3"},
      {"--address", "127.0.0.1", "127.0.0.2", "127.0.0.3"},
      {"--tls-cert", "/a", "/b", "/c", {"--tls-key", "/k"}},
      {"--tls-key", "/a", "/b", "/c", {"--tls-cert", "/k"}},
      {"--domain", "a.test", "b.test", "c.test"},
      {"--admin-address", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"},
      {"--threads", "1", "2", "3"},
      {"--zero-copy", "off", "auto", "off"},
      {"--memory", "16MiB", "17MiB", "18MiB"},
      {"--metadata-ttl", "1s", "2s", "3s"},
      {"--rights-ttl", "1s", "2s", "3s"},
      {"--immutable", "a/*", "b/*", "c/*"},
      {"--read-ahead", "metadata", "lean", "full"},
      {"--read-ahead-budget", "1", "1.5", "2"},
      {"--small-object", "1MiB", "2MiB", "3MiB"},
      {"--fleet", "no", "yes", "no"},
      {"--allow-anonymous", "no", "network", "no"},
      {"--cors-origin", "https://a", "https://b", "https://c"},
      {"--token-exchange", "no", "network", "no"},
      {"--sts-endpoint", "http://a", "http://b", "http://c"},
      {"--sts-role-arn", "arn:a", "arn:b", "arn:c"},
      {"--sts-session-name", "aa", "bb", "cc"},
      {"--sts-duration", "1h", "2h", "3h"},
      {"--log-level", "error", "warn", "debug"},
      {"--access-log", "off", "json", "text"},
      {"--config", "", "/etc/s3.toml", "/etc/s3.toml"},
  };
  return all;
}

setting const& told(run_request const& request, std::string_view flag) {
  return setting_of(request, flag);
}

TEST(precedence, the_samples_cover_every_row_of_the_table) {
  ASSERT_EQ(samples().size(), option_table().size());
  for (std::size_t i = 0; i < samples().size(); ++i) {
    EXPECT_EQ(samples()[i].flag, option_table()[i].flag);
  }
}

TEST(precedence, the_default_gives_way_to_the_file_the_file_to_the_environment_and_that_to_the_flag) {
  for (auto const& row : option_table()) {
    auto const& one = *std::ranges::find(samples(), row.flag, &sample::flag);
    if (row.flag == config_flag) {
      continue;
    }
    auto text = std::string(file_key(row)) + " = \"" + one.file + "\"\n";
    auto beside = one.beside;
    if (row.flag != "--endpoint") {
      beside.insert(beside.end(), {"-e", "http://store"});
      EXPECT_EQ(told(accepted({"-e", "http://store"}), row.flag).from, "default") << row.flag;
    }
    auto const from_file = accepted_file(text, beside);
    EXPECT_EQ(told(from_file, row.flag).from, "/etc/s3.toml:1") << row.flag;
    EXPECT_EQ(told(from_file, row.flag).values.at(0).text, one.file) << row.flag;

    variables const set{{environment_name(row), one.environment}};
    auto const from_environment = accepted_file(text, beside, set);
    EXPECT_EQ(told(from_environment, row.flag).from, "environment " + environment_name(row));
    EXPECT_EQ(told(from_environment, row.flag).values.at(0).text, one.environment);

    beside.push_back(std::string(row.flag) + "=" + one.typed);
    auto const typed = accepted_file(text, beside, set);
    EXPECT_EQ(told(typed, row.flag).from, row.flag);
    ASSERT_EQ(told(typed, row.flag).values.size(), 1U);
    EXPECT_EQ(told(typed, row.flag).values[0].text, one.typed);
  }
}

TEST(file_settings, values_are_written_as_is_natural_in_toml) {
  auto const chosen = accepted_file(
                          "endpoint = \"http://store\"\nport = 81\nthreads = 3\nmemory = 16777216\n"
                          "metadata_ttl = 0\nimmutable = [\"a/*\", \"b,c/*\"]\ndomain = \"S3.Test\"\n"
                          "allow-anonymous = true\naddress = \"127.0.0.1\"\ninsecure-skip-verify = true\n"
                          "cors-origin = [\"https://App.test:443\", \"*\"]\ntoken-exchange = true\n")
                          .chosen;
  EXPECT_EQ(chosen.port, 81);
  EXPECT_EQ(chosen.threads, 3U);
  EXPECT_EQ(chosen.memory->value, 16U << 20);
  EXPECT_EQ(chosen.memory->from, "/etc/s3.toml:4");
  EXPECT_EQ(chosen.metadata_ttl.count(), 0);
  EXPECT_EQ(chosen.immutable, (lines{"a/*", "b,c/*"}));
  EXPECT_EQ(chosen.domains, lines{"s3.test"});
  EXPECT_EQ(chosen.allow_anonymous, anonymous_access::loopback);
  EXPECT_EQ(chosen.store_certificate, certificate_check::skipped);
  EXPECT_EQ(chosen.cors_origins, (lines{"https://app.test", "*"}));
  EXPECT_EQ(chosen.token_exchange, token_exchange::loopback);
}

TEST(file_settings, each_wrong_thing_is_told_at_its_place) {
  struct row {
    char const* text;
    char const* sentence;
  };
  for (auto const& [text, sentence] : {
           row{"port = 99999",
               "/etc/s3.toml:2:8: port: `99999` is not a port; allowed: 0 to 65535 (0 lets the "
               "kernel choose)"},
           row{"metadata_ttl = 60", "/etc/s3.toml:2:16: metadata-ttl: `60` has no unit (did you mean 60s?)"},
           row{"prot = 1", "/etc/s3.toml:2:1: prot: is not a key of this file; did you mean port?"},
           row{"identity = 1",
               "/etc/s3.toml:2:1: identity: is not a key of this file; did you mean identities?"},
           row{"\"a\\nb\" = 1", "/etc/s3.toml:2:1: a\\nb: is not a key of this file"},
           row{"[[identities]]\naccess-key-id = \"A\"\nsecret = \"x\"\n\"a\\nb\" = 1",
               "/etc/s3.toml:5:1: a\\nb: is not a key of [[identities]]"},
           row{"quux = 1", "/etc/s3.toml:2:1: quux: is not a key of this file; its keys are the long flags"},
           row{"[cache]\nmemory = \"1GiB\"",
               "/etc/s3.toml:2:2: cache: is not a key of this file; settings stand at its top, without a "
               "table"},
           row{"immutable = [\"a/*\", \"b\"]", "/etc/s3.toml:2:21: immutable: `b` matches no key"},
           row{"immutable = [\"a/*\", [\"b/*\"]]",
               "/etc/s3.toml:2:21: immutable: takes one value, not a list"},
           row{"port = [1, 2]", "/etc/s3.toml:2:8: port: takes one value, not a list"},
           row{"port = { x = 1 }", "/etc/s3.toml:2:8: port: takes a value, not a table"},
           row{"threads = 1.5", "/etc/s3.toml:2:11: threads: `1.5` is not a number of threads"},
           row{"metadata-ttl = 07:32:00",
               "/etc/s3.toml:2:16: metadata-ttl: takes no value like this, which is a date or a time; write "
               "it "
               "as a text in quotation marks"},
           row{"read-ahead-budget = inf", "/etc/s3.toml:2:21: read-ahead-budget: `inf` is not a ratio"},
           row{"port = true", "/etc/s3.toml:2:8: port: `true` is not a port"},
           row{"region = \"\"", "/etc/s3.toml:2:10: region: `` is not a region"},
           row{"config = \"x\"", "/etc/s3.toml:2:1: config: a configuration file cannot name another one"},
           row{"port", "/etc/s3.toml:2:5: this is not TOML: "},
           row{"tls-cert = \"/x\"",
               "/etc/s3.toml:2:12: tls-cert: a certificate serves nobody without its private "
               "key; give --tls-key FILE too"},
           row{"client_key = \"/x\"",
               "/etc/s3.toml:2:14: client-key: a certificate is shown to the store with its "
               "private key or not at all; give --client-cert FILE too"},
       }) {
    auto const told = refused_file(std::string(minimum) + text + "\n");
    ASSERT_EQ(told.size(), 1U) << text << testing::PrintToString(told);
    EXPECT_TRUE(told[0].starts_with(sentence)) << told[0];
  }
}

TEST(file_settings, a_file_that_cannot_be_read_is_told) {
  EXPECT_EQ(refused({"--config", "/nowhere"}),
            lines{"cannot read the configuration file `/nowhere`: there is no such file"});
  EXPECT_EQ(refused({"-e", "http://s"}, {{"S3PROXY_CONFIG", "/nowhere"}}).size(), 1U);
}

TEST(file_settings, everything_that_is_wrong_is_told_at_once) {
  files const disk{{"/f", {"port = 99999\nmemry = \"1GiB\"\n[[identities]]\naccess-key-id = \"A\"\n"}}};
  auto const told = refused({"--config", "/f", "--threads", "0", "--tls-key", "/k"},
                            {{"S3PROXY_METADATA_TTL", "soon"}}, disk);
  ASSERT_EQ(told.size(), 7U) << testing::PrintToString(told);
  EXPECT_TRUE(told[0].starts_with("--threads: "));
  EXPECT_TRUE(told[1].starts_with("environment S3PROXY_METADATA_TTL: "));
  EXPECT_TRUE(told[2].starts_with("/f:1:8: port: "));
  EXPECT_TRUE(told[3].starts_with("/f:2:1: memry: "));
  EXPECT_TRUE(told[4].starts_with("/f:3:1: [[identities]] has no secret"));
  EXPECT_TRUE(told[5].starts_with("no store to stand in front of"));
  EXPECT_TRUE(told[6].starts_with("--tls-key: "));
}

TEST(file_settings, a_wrong_value_makes_no_second_complaint) {
  EXPECT_EQ(refused({"-e", "nonsense"}).size(), 1U);
  EXPECT_EQ(refused({"-e", "http://s", "--allow-anonymous", "--address", "nowhere"}).size(), 1U);
  EXPECT_EQ(refused({"-e", "http://s", "--tls-cert", "/c", "--tls-key", "\n"}).size(), 1U);
  // A file that nobody understands may hold the endpoint.
  EXPECT_EQ(refused_file("endpoint = http://store").size(), 1U);
}

TEST(file_settings, the_file_is_judged_also_where_something_stronger_speaks) {
  files const disk{{"/f", {"endpoint = \"http://s\"\nport = 99999\n"}}};
  EXPECT_EQ(refused({"--config", "/f", "--port", "1"}, {}, disk).size(), 1U);
}

TEST(file_settings, paths_in_the_file_count_from_its_folder) {
  files const disk{
      {"conf/f.toml", {"endpoint = \"http://s\"\ntls-cert = \"a.pem\"\ntls-key = \"/b.pem\"\n"}}};
  auto const chosen = accepted({"--config", "conf/f.toml", "--ca-file", "c.pem"}, {}, disk).chosen;
  EXPECT_EQ(chosen.tls_cert, "conf/a.pem");
  EXPECT_EQ(chosen.tls_key, "/b.pem");
  EXPECT_EQ(chosen.ca_file, "c.pem");
}

TEST(named_files, must_be_there_and_keys_should_be_private) {
  files const disk{{"/cert", {"x", readable_by::everybody}}, {"/key", {"x", readable_by::everybody}}};
  auto const request =
      accepted({"-e", "https://s", "--tls-cert", "/cert", "--tls-key", "/key", "--ca-file", "/no"});
  EXPECT_EQ(refuse_named_files(request, test::reader_of(disk)),
            lines{"--ca-file: cannot read `/no`: there is no such file"});
  auto const warnings = warn_about_keys(request, test::reader_of(disk));
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(warnings[0].starts_with("everybody on this machine can read the private key in /key;"));
}

TEST(warnings, an_unchecked_certificate_is_told_on_every_start) {
  auto const warned = accepted({"-e", "https://s", "--insecure-skip-verify"}).warnings;
  ASSERT_EQ(warned.size(), 1U);
  EXPECT_TRUE(warned[0].starts_with("--insecure-skip-verify: the store's certificate is not checked"))
      << warned[0];
  EXPECT_TRUE(accepted({"-e", "https://s", "--insecure-skip-verify=no"}).warnings.empty());
  EXPECT_TRUE(accepted({"-e", "https://s"}).warnings.empty());
}

TEST(warnings, settings_without_effect_are_told) {
  auto const warned = accepted({"-e", "http://s", "--ca-file", "/x", "--sts-role-arn", "arn:x"}).warnings;
  EXPECT_EQ(warned, (lines{"--ca-file: has no effect, since the endpoint is http://",
                           "--sts-role-arn: has no effect, since --token-exchange is not given"}));
}

TEST(token_exchange, tokens_in_the_clear_are_taken_only_from_this_machine) {
  auto const sentence = refused({"-e", "http://s", "--token-exchange"});
  ASSERT_EQ(sentence.size(), 1U);
  for (auto const* remedy : {"--tls-cert and --tls-key", "--address 127.0.0.1", "--token-exchange=network"}) {
    EXPECT_NE(sentence[0].find(remedy), std::string::npos) << sentence[0];
  }
  for (lines const& enough : {lines{"--address", "127.0.0.1"}, lines{"--tls-cert", "/c", "--tls-key", "/k"},
                              lines{"--token-exchange=network"}}) {
    auto given = lines{"-e", "http://s", "--token-exchange"};
    given.insert(given.end(), enough.begin(), enough.end());
    EXPECT_NE(accepted(given).chosen.token_exchange, token_exchange::no);
  }
}

TEST(commands, come_first_and_take_every_flag) {
  EXPECT_EQ(accepted({"validate", "-e", "http://s"}).what, command::validate);
  EXPECT_EQ(accepted({"config", "-e", "http://s", "--effective"}).what, command::show_effective);
  EXPECT_EQ(accepted({"-e", "http://s"}).what, command::run);
  EXPECT_EQ(refused({"vaildate"}), lines{"unknown command `vaildate`; did you mean s3proxy validate?"});
  EXPECT_TRUE(refused({"-e", "http://s", "validate"})[0].starts_with(
      "unexpected argument `validate`; a command comes first, as in s3proxy validate"));
  EXPECT_TRUE(refused({"config"})[0].find("s3proxy config --effective") != std::string::npos);
  EXPECT_TRUE(refused({"--effective"})[0].find("s3proxy config --effective") != std::string::npos);
  EXPECT_TRUE(std::holds_alternative<text_request>(test::parse({"validate", "--help"})));
}

}  // namespace
}  // namespace s3proxy::app
