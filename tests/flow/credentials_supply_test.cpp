#include "s3proxy/app/credential_supply.hpp"

#include "support/handed_out.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

/// A place to start in: variables, files, and one scripted agent for all.
struct place {
  scripted_origin agent;
  manual_clock clock;
  std::map<std::string, std::string, std::less<>> variables{{"AWS_EC2_METADATA_DISABLED", "true"}};
  std::map<std::string, std::string> files;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(agent.port()); }

  std::variant<app::credential_supply, app::supply_failure> start() {
    auto const lookup = [this](std::string_view name) -> std::optional<std::string> {
      auto const found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    auto const read = [this](std::string const& path) -> app::file_reading {
      auto const found = files.find(path);
      return found == files.end() ? app::file_reading{}
                                  : app::file_reading{app::file_reading::outcome::read, found->second};
    };
    auto plan = app::plan_credentials(lookup, read);
    EXPECT_TRUE(plan.has_value()) << (plan.has_value() ? "" : plan.error().sentence);
    auto tools = app::credential_tools_of(clock, read);
    tools.limits.retry = 1ms;
    return app::supply_credentials(*std::move(plan), std::move(tools));
  }
  app::credential_supply supplied() {
    auto got = start();
    auto* supply = std::get_if<app::credential_supply>(&got);
    EXPECT_NE(supply, nullptr) << (supply ? "" : std::get<app::supply_failure>(got).sentence);
    return supply ? std::move(*supply) : app::credential_supply{};
  }
  app::supply_failure failure() {
    auto const got = start();
    auto const* why = std::get_if<app::supply_failure>(&got);
    EXPECT_NE(why, nullptr);
    return why ? *why : app::supply_failure{};
  }
};

TEST(credential_supply, of_written_keys_asks_nobody) {
  place p;
  p.variables.insert({{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "s"}});
  auto const got = p.supplied();
  EXPECT_EQ(got.pair->key_id.str(), "A");
  EXPECT_EQ(got.provider, nullptr);
  EXPECT_EQ(got.where, "environment");
}

TEST(credential_supply, of_a_cluster_exchanges_the_token_in_the_file) {
  place p;
  p.variables.insert({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                      {"AWS_ROLE_ARN", "arn:r"},
                      {"AWS_ENDPOINT_URL_STS", p.url()}});
  p.files["/token"] = "t";
  p.agent.next(ok(sts_keys("ASIA1")));
  auto const got = p.supplied();
  EXPECT_FALSE(got.pair);
  ASSERT_NE(got.provider, nullptr);
  EXPECT_EQ(got.provider->current()->key_id.str(), "ASIA1");
  EXPECT_EQ(got.where, "web identity (environment), role arn:r for the token in /token");
}

TEST(credential_supply, that_the_operator_can_mend_ends_with_2_and_says_what_was_tried) {
  place p;
  p.variables.insert({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", p.url() + "/keys"},
                      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"}});
  auto why = p.failure();
  EXPECT_EQ(why.exit_code, 2);
  EXPECT_NE(why.sentence.find("the token file /token is not there (passed over before: environment: "
                              "AWS_ACCESS_KEY_ID is not set; "),
            std::string::npos)
      << why.sentence;
  p.files["/token"] = "t";
  p.agent.next({.what = answer_status, .status = 403});
  EXPECT_EQ(p.failure().exit_code, 2);
}

TEST(credential_supply, that_nobody_answers_for_ends_with_1) {
  place p;
  p.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = p.url() + "/keys";
  p.agent.next({.what = answer_status, .status = 503}, 99);
  EXPECT_EQ(p.failure().exit_code, 1);
}

TEST(credential_supply, without_a_metadata_service_is_none_and_no_failure) {
  place p;
  p.variables.erase("AWS_EC2_METADATA_DISABLED");
  p.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = p.url();
  p.agent.stop_listening();
  auto const got = p.supplied();
  EXPECT_FALSE(got.pair);
  EXPECT_EQ(got.provider, nullptr);
  EXPECT_TRUE(got.where.starts_with("none (")) << got.where;
}

TEST(credential_supply, of_a_machine_comes_from_its_role) {
  place p;
  p.variables.erase("AWS_EC2_METADATA_DISABLED");
  p.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = p.url();
  p.agent.when(is("PUT"), ok("T"));
  p.agent.when(is("GET", "/latest/meta-data/iam/security-credentials/"), ok("r"));
  p.agent.when(is("GET", "/latest/meta-data/iam/security-credentials/r"), ok(agent_keys("ASIA1")));
  auto const got = p.supplied();
  ASSERT_NE(got.provider, nullptr);
  EXPECT_EQ(got.provider->current()->key_id.str(), "ASIA1");
  EXPECT_EQ(got.where.substr(0, 24), "the metadata service at ");
}

}  // namespace
}  // namespace s3proxy::test
