#include "s3proxy/app/options.hpp"

#include "s3proxy/app/option_table.hpp"

#include "support/operator.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace s3proxy::app {
namespace {

using namespace std::chrono_literals;
using test::parse;
using test::variables;

run_request accepted(std::vector<std::string> arguments, variables const& set = {}) {
  arguments.insert(arguments.begin(), {"-e", "http://store:9000"});
  return test::accepted(arguments, set);
}

/// The one sentence of a refusal.
std::string refused(std::vector<std::string> const& arguments, variables const& set = {}) {
  auto const sentences = test::refused(arguments, set);
  EXPECT_EQ(sentences.size(), 1U) << testing::PrintToString(sentences);
  return sentences.empty() ? "" : sentences.front();
}

bool says(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(options, one_flag_is_enough) {
  auto const chosen = accepted({}).chosen;
  EXPECT_EQ(chosen.endpoint, (endpoint_url{url_scheme::http, "store", 9000}));
  EXPECT_EQ(chosen.port, 3000);
  EXPECT_EQ(chosen.address, "::");
  EXPECT_FALSE(chosen.region || chosen.memory || chosen.threads);
  EXPECT_EQ(chosen.origin_connections, 64U);
  EXPECT_EQ(chosen.metadata_ttl, 60s);
  EXPECT_EQ(chosen.rights_ttl, 10min);
  EXPECT_TRUE(chosen.immutable.empty());
  EXPECT_EQ(chosen.log, observe::log_spec{});
  EXPECT_EQ(chosen.access_log, access_log_mode::text);
  EXPECT_EQ(chosen.allow_anonymous, anonymous_access::no);
  EXPECT_EQ(chosen.read_ahead.mode, read_ahead::mode::full);
  EXPECT_EQ(chosen.read_ahead.budget, 2.0);
  EXPECT_EQ(chosen.read_ahead.small_object, 2U << 20);
  EXPECT_EQ(chosen.read_ahead.fleet, proxy::fleet::alone);
  EXPECT_FALSE(chosen.admin_address);
}

TEST(options, reading_ahead_is_chosen_by_flags_and_variables) {
  auto const by_flags = accepted({"--read-ahead", "lean", "--read-ahead-budget", "0.5", "--small-object", "0",
                                  "--fleet", "--admin-address", "[::1]:0"});
  auto const by_variables = accepted({}, {{"S3PROXY_READ_AHEAD", "lean"},
                                          {"S3PROXY_READ_AHEAD_BUDGET", "0.5"},
                                          {"S3PROXY_SMALL_OBJECT", "0"},
                                          {"S3PROXY_FLEET", "true"},
                                          {"S3PROXY_ADMIN_ADDRESS", "[::1]:0"}});
  for (auto const& request : {by_flags, by_variables}) {
    auto const& chosen = request.chosen;
    EXPECT_EQ(chosen.read_ahead.mode, read_ahead::mode::lean);
    EXPECT_EQ(chosen.read_ahead.budget, 0.5);
    EXPECT_EQ(chosen.read_ahead.small_object, 0U);
    EXPECT_EQ(chosen.read_ahead.fleet, proxy::fleet::balanced);
    EXPECT_EQ(chosen.admin_address, (listen_place{"::1", 0}));
    EXPECT_TRUE(request.warnings.empty()) << testing::PrintToString(request.warnings);
  }
  EXPECT_EQ(accepted({"--fleet=no"}, {{"S3PROXY_FLEET", "yes"}}).chosen.read_ahead.fleet,
            proxy::fleet::alone);
}

TEST(options, what_reading_ahead_costs_has_no_effect_where_it_is_off) {
  auto const warnings = accepted({"--read-ahead", "off", "--read-ahead-budget", "1", "--fleet"}).warnings;
  ASSERT_EQ(warnings.size(), 2U) << testing::PrintToString(warnings);
  EXPECT_EQ(warnings[0], "--read-ahead-budget: has no effect, since --read-ahead is off");
  EXPECT_EQ(warnings[1], "--fleet: has no effect, since --read-ahead is off");
}

TEST(options, an_admin_address_beyond_this_machine_leaves_a_warning) {
  for (auto const* local : {"9090", "127.0.0.1:9090", "localhost:0", "[::1]:1"}) {
    EXPECT_TRUE(accepted({"--admin-address", local}).warnings.empty()) << local;
  }
  for (auto const* open : {"0.0.0.0:9090", "[::]:9090", "10.0.0.1:0"}) {
    auto const warnings = accepted({"--admin-address", open}).warnings;
    ASSERT_EQ(warnings.size(), 1U) << open;
    EXPECT_TRUE(says(warnings[0], "can be reached from other machines")) << warnings[0];
  }
}

TEST(options, every_flag_is_read) {
  auto const chosen = accepted({"-p",
                                "8080",
                                "--address",
                                "127.0.0.1",
                                "--region=eu-west-1",
                                "--memory",
                                "64M",
                                "--metadata-ttl",
                                "0",
                                "--rights-ttl",
                                "1h",
                                "--immutable",
                                "a/**",
                                "--immutable",
                                "b/*",
                                "--origin-connections",
                                "100",
                                "--threads",
                                "3",
                                "--log-level",
                                "warn,net=debug",
                                "--access-log",
                                "json",
                                "--allow-anonymous"})
                          .chosen;
  EXPECT_EQ(chosen.port, 8080);
  EXPECT_EQ(chosen.address, "127.0.0.1");
  EXPECT_EQ(chosen.region->value, "eu-west-1");
  EXPECT_EQ(chosen.region->from, "--region");
  EXPECT_EQ(chosen.memory->value, 64U << 20);
  EXPECT_EQ(chosen.memory->from, "--memory");
  EXPECT_EQ(chosen.metadata_ttl, 0s);
  EXPECT_EQ(chosen.rights_ttl, 1h);
  EXPECT_EQ(chosen.immutable, (std::vector<std::string>{"a/**", "b/*"}));
  EXPECT_EQ(chosen.origin_connections, 100U);
  EXPECT_EQ(chosen.threads, 3U);
  EXPECT_EQ(chosen.log.of(observe::room::net), observe::level::debug);
  EXPECT_EQ(chosen.access_log, access_log_mode::json);
  EXPECT_EQ(chosen.allow_anonymous, anonymous_access::loopback);
}

TEST(options, every_flag_has_its_variable) {
  auto const outcome = parse({}, {{"S3PROXY_ENDPOINT", "https://store"},
                                  {"S3PROXY_PORT", "8080"},
                                  {"S3PROXY_ADDRESS", "::1"},
                                  {"S3PROXY_REGION", "eu-west-1"},
                                  {"S3PROXY_MEMORY", "64M"},
                                  {"S3PROXY_METADATA_TTL", "5s"},
                                  {"S3PROXY_RIGHTS_TTL", "6s"},
                                  {"S3PROXY_IMMUTABLE", "a/**, b/*,"},
                                  {"S3PROXY_ORIGIN_CONNECTIONS", "5"},
                                  {"S3PROXY_THREADS", "3"},
                                  {"S3PROXY_LOG_LEVEL", "debug"},
                                  {"S3PROXY_ACCESS_LOG", "off"},
                                  {"S3PROXY_ALLOW_ANONYMOUS", "network"}});
  ASSERT_TRUE(std::holds_alternative<run_request>(outcome));
  auto const& chosen = std::get<run_request>(outcome).chosen;
  EXPECT_EQ(chosen.endpoint.url(), "https://store");
  EXPECT_EQ(chosen.port, 8080);
  EXPECT_EQ(chosen.address, "::1");
  EXPECT_EQ(chosen.region->from, "environment S3PROXY_REGION");
  EXPECT_EQ(chosen.memory->from, "environment S3PROXY_MEMORY");
  EXPECT_EQ(chosen.metadata_ttl, 5s);
  EXPECT_EQ(chosen.rights_ttl, 6s);
  EXPECT_EQ(chosen.immutable, (std::vector<std::string>{"a/**", "b/*"}));
  EXPECT_EQ(chosen.origin_connections, 5U);
  EXPECT_EQ(chosen.threads, 3U);
  EXPECT_EQ(chosen.log.everywhere, observe::level::debug);
  EXPECT_EQ(chosen.access_log, access_log_mode::off);
  EXPECT_EQ(chosen.allow_anonymous, anonymous_access::network);
}

TEST(options, a_flag_beats_its_variable_even_where_the_variable_is_wrong) {
  auto const chosen =
      accepted({"--port", "1", "--immutable", "a/*"}, {{"S3PROXY_PORT", "x"}, {"S3PROXY_IMMUTABLE", "b/*"}})
          .chosen;
  EXPECT_EQ(chosen.port, 1);
  EXPECT_EQ(chosen.immutable, std::vector<std::string>{"a/*"});
}

TEST(options, of_a_flag_given_twice_the_last_counts) {
  EXPECT_EQ(accepted({"-p", "1", "-p2"}).chosen.port, 2);
}

TEST(options, the_short_environment_names_are_second_choice) {
  EXPECT_EQ(accepted({}, {{"PORT", "81"}}).chosen.port, 81);
  EXPECT_EQ(accepted({}, {{"PORT", "81"}, {"S3PROXY_PORT", "82"}}).chosen.port, 82);
  auto const outcome = parse({}, {{"ENDPOINT", "http://one"}, {"S3PROXY_ENDPOINT", "http://two"}});
  EXPECT_EQ(std::get<run_request>(outcome).chosen.endpoint.host, "two");
  EXPECT_TRUE(std::holds_alternative<run_request>(parse({}, {{"ENDPOINT", "http://one"}})));
}

TEST(options, a_variable_that_is_set_but_empty_is_not_set) {
  EXPECT_EQ(accepted({}, {{"S3PROXY_PORT", ""}, {"PORT", "81"}, {"S3PROXY_MEMORY", ""}}).chosen.port, 81);
}

TEST(options, a_kubernetes_service_link_is_ignored_with_a_warning) {
  auto const request = accepted({}, {{"S3PROXY_PORT", "tcp://10.0.0.1:3000"}, {"PORT", "81"}});
  EXPECT_EQ(request.chosen.port, 81);
  ASSERT_EQ(request.warnings.size(), 1U);
  EXPECT_TRUE(says(request.warnings[0], "S3PROXY_PORT=tcp://10.0.0.1:3000")) << request.warnings[0];
  EXPECT_TRUE(says(request.warnings[0], "Kubernetes"));
  EXPECT_EQ(accepted({}, {{"PORT", "tcp://10.0.0.1:3000"}}).chosen.port, 3000);
  EXPECT_TRUE(says(refused({"-e", "http://store", "--port", "tcp://10.0.0.1:3000"}), "is not a port"));
}

TEST(options, a_wrong_value_is_told_with_where_it_came_from_and_what_is_allowed) {
  EXPECT_EQ(refused({"-e", "http://s", "--port", "99999"}),
            "--port: `99999` is not a port; allowed: 0 to 65535 (0 lets the kernel choose)");
  EXPECT_TRUE(refused({"-e", "http://s"}, {{"S3PROXY_PORT", "x"}})
                  .starts_with("environment S3PROXY_PORT: `x` is not a port; allowed: "));
  EXPECT_TRUE(refused({"-e", "http://s"}, {{"PORT", "x"}}).starts_with("environment PORT: "));
  EXPECT_TRUE(refused({"-e", "localhost:9000"}).starts_with("--endpoint: `localhost:9000` has no scheme"));
  EXPECT_TRUE(refused({}, {{"ENDPOINT", "localhost"}}).starts_with("environment ENDPOINT: "));
  EXPECT_TRUE(says(refused({"-e", "http://s", "--access-log", "xml"}), "allowed: off, text, json"));
  EXPECT_TRUE(says(refused({"-e", "http://s", "--log-level", "loud"}), "error, warn, info, debug"));
  EXPECT_TRUE(says(refused({"-e", "http://s"}, {{"S3PROXY_IMMUTABLE", "a/**,b"}}),
                   "environment S3PROXY_IMMUTABLE: `b` "));
}

TEST(options, each_flag_refuses_nonsense_under_its_own_name) {
  for (auto const& row : option_table()) {
    auto const flag = std::string(row.flag);
    auto const sentence = refused({"-e", "http://store", flag + "=\x01 !"});
    EXPECT_TRUE(sentence.starts_with(flag + ": `\\x01 !` ")) << sentence;
  }
}

TEST(options, a_flag_without_its_value_does_not_swallow_the_next_flag) {
  for (auto const& row : option_table()) {
    if (row.bare.empty()) {
      auto const flag = std::string(row.flag);
      EXPECT_TRUE(refused({"-e", "http://s", flag}).starts_with(flag + ": needs a value, as in " + flag))
          << flag;
    }
  }
  EXPECT_TRUE(refused({"-e", "http://s", "--port", "--memory", "1GiB"}).starts_with("--port: needs a value"));
}

TEST(options, a_missing_endpoint_is_one_sentence_with_an_example) {
  auto const sentence = refused({});
  EXPECT_TRUE(says(sentence, "--endpoint URL")) << sentence;
  EXPECT_TRUE(says(sentence, "s3proxy --endpoint https://s3.eu-west-1.amazonaws.com")) << sentence;
}

TEST(options, an_unknown_flag_is_told_with_the_one_that_was_meant) {
  struct row {
    char const* given;
    char const* meant;
  };
  for (auto const& [given, meant] :
       {row{"--prot", "--port?"}, row{"--endpont=http://x", "--endpoint?"}, row{"--mem", "--memory?"},
        row{"--metadata_ttl", "--metadata-ttl?"}, row{"--allow-anonymus", "--allow-anonymous?"},
        row{"--hepl", "--help?"}}) {
    auto const sentence = refused({"-e", "http://s", given});
    EXPECT_TRUE(says(sentence, "did you mean " + std::string(meant))) << sentence;
    EXPECT_TRUE(sentence.starts_with("unknown flag `--")) << sentence;
  }
  EXPECT_TRUE(says(refused({"--cache-directory", "/x"}), "s3proxy --help"));
  EXPECT_FALSE(says(refused({"--cache-directory", "/x"}), "did you mean"));
  EXPECT_TRUE(says(refused({"-x"}), "unknown flag `-x`"));
}

TEST(options, an_argument_that_is_no_flag_is_refused) {
  EXPECT_TRUE(says(refused({"http://localhost:9000"}), "goes behind --endpoint"));
  EXPECT_TRUE(says(refused({"-e", "http://s", "serve"}), "unexpected argument `serve`"));
}

TEST(allow_anonymous, unsigned_clients_are_let_in_only_from_this_machine) {
  for (auto const* address : {"127.0.0.1", "::1", "localhost"}) {
    EXPECT_EQ(accepted({"--allow-anonymous", "--address", address}).chosen.allow_anonymous,
              anonymous_access::loopback);
  }
  for (std::vector<std::string> const& arguments : {std::vector<std::string>{"--allow-anonymous"},
                                                    {"--allow-anonymous=loopback"},
                                                    {"--allow-anonymous", "--address", "0.0.0.0"},
                                                    {"--allow-anonymous", "--address", "10.0.0.1"}}) {
    auto given = arguments;
    given.insert(given.end(), {"-e", "http://store"});
    auto const sentence = refused(given);
    EXPECT_TRUE(says(sentence, "add --address 127.0.0.1, or write --allow-anonymous=network")) << sentence;
  }
  EXPECT_TRUE(
      says(refused({"-e", "http://s"}, {{"S3PROXY_ALLOW_ANONYMOUS", "true"}}), "--allow-anonymous=network"));
}

TEST(allow_anonymous, the_network_must_be_named) {
  EXPECT_EQ(accepted({"--allow-anonymous=network"}).chosen.allow_anonymous, anonymous_access::network);
  EXPECT_EQ(
      accepted({"--allow-anonymous=no"}, {{"S3PROXY_ALLOW_ANONYMOUS", "network"}}).chosen.allow_anonymous,
      anonymous_access::no);
}

TEST(help_flag, wins_over_every_mistake_beside_it) {
  for (auto const* flag : {"-h", "--help"}) {
    auto const outcome = parse({"--prot", "x", flag}, {{"S3PROXY_PORT", "x"}});
    ASSERT_TRUE(std::holds_alternative<text_request>(outcome));
    EXPECT_EQ(std::get<text_request>(outcome).text, help_text());
  }
}

TEST(help_flag, shows_each_flag_with_its_default_and_variable_within_the_width_of_a_terminal) {
  auto const text = help_text();
  for (auto const& row : option_table()) {
    EXPECT_TRUE(says(text, row.flag)) << row.flag;
    EXPECT_TRUE(says(text, "Environment: " + environment_name(row))) << row.flag;
    EXPECT_TRUE(says(text, "Default: " + std::string(row.initial).substr(0, 40))) << row.flag;
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(help_flag, each_example_runs) {
  auto const text = help_text();
  std::istringstream lines(text.substr(text.find("\nExamples\n") + 10));
  int examples = 0;
  for (std::string line; std::getline(lines, line); ++examples) {
    std::istringstream words(line);
    std::vector<std::string> arguments;
    variables set;
    for (std::string word; words >> word;) {
      std::erase(word, '\'');
      if (arguments.empty() && word.starts_with("S3PROXY_")) {
        set[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
      } else {
        arguments.push_back(word);
      }
    }
    ASSERT_EQ(arguments.at(0), "s3proxy");
    arguments.erase(arguments.begin());
    test::files const disk{{"/etc/s3proxy/s3proxy.toml", {"endpoint = \"http://store\""}}};
    EXPECT_TRUE(std::holds_alternative<run_request>(parse(arguments, set, disk))) << line;
  }
  EXPECT_GE(examples, 4);
}

TEST(help_flag, defaults_are_those_that_hold) {
  // A default that is a value and not a description gives, when written out, what leaving the flag out gives.
  for (auto const* flag :
       {"--port", "--metadata-ttl", "--rights-ttl", "--allow-anonymous", "--log-level", "--access-log",
        "--insecure-skip-verify", "--token-exchange", "--sts-session-name", "--sts-duration", "--read-ahead",
        "--read-ahead-budget", "--small-object", "--fleet", "--origin-connections", "--zero-copy"}) {
    for (auto const& row : option_table()) {
      if (row.flag != flag) {
        continue;
      }
      options written;
      written.port = 1;
      written.metadata_ttl = written.rights_ttl = 1ms;
      written.log.everywhere = observe::level::debug;
      written.access_log = access_log_mode::off;
      written.allow_anonymous = anonymous_access::network;
      written.store_certificate = certificate_check::skipped;
      written.token_exchange = token_exchange::network;
      written.sts_session_name = "x";
      written.sts_duration = 1ms;
      written.read_ahead = {read_ahead::mode::off, 1, 1, proxy::fleet::balanced};
      written.origin_connections = 4;
      written.zero_copy = zero_copy::off;
      EXPECT_FALSE(row.apply(row.initial, flag, written)) << flag;
      options const initial;
      int const equal = (written.port == initial.port) + (written.metadata_ttl == initial.metadata_ttl) +
                        (written.rights_ttl == initial.rights_ttl) + (written.log == initial.log) +
                        (written.access_log == initial.access_log) +
                        (written.allow_anonymous == initial.allow_anonymous) +
                        (written.store_certificate == initial.store_certificate) +
                        (written.token_exchange == initial.token_exchange) +
                        (written.sts_session_name == initial.sts_session_name) +
                        (written.sts_duration == initial.sts_duration) +
                        (written.read_ahead.mode == initial.read_ahead.mode) +
                        (written.read_ahead.budget == initial.read_ahead.budget) +
                        (written.read_ahead.small_object == initial.read_ahead.small_object) +
                        (written.read_ahead.fleet == initial.read_ahead.fleet) +
                        (written.origin_connections == initial.origin_connections) +
                        (written.zero_copy == initial.zero_copy);
      EXPECT_EQ(equal, 1) << flag;
    }
  }
}

TEST(version_flag, prints_the_version) {
  auto const outcome = parse({"--version"});
  ASSERT_TRUE(std::holds_alternative<text_request>(outcome));
  EXPECT_EQ(std::get<text_request>(outcome).text, "s3proxy " S3PROXY_VERSION "\n");
}

TEST(configuration_page, names_each_flag_with_its_variables_and_default) {
  std::ifstream file(std::string(S3PROXY_TEST_DATA) + "/../../docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  auto const page = text.str();
  for (auto const& row : option_table()) {
    EXPECT_TRUE(says(page, "`" + std::string(row.flag))) << row.flag;
    EXPECT_TRUE(says(page, "`" + environment_name(row) + "`")) << row.flag;
    EXPECT_TRUE(row.alias.empty() || says(page, "`" + std::string(row.alias) + "`")) << row.flag;
  }
}

}  // namespace
}  // namespace s3proxy::app
