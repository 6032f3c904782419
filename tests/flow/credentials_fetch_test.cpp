#include "s3proxy/upstream/credential_fetch.hpp"

#include "support/awaited.hpp"
#include "support/handed_out.hpp"
#include "support/heard_log.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;
using upstream::credential_failure;
using upstream::credential_recipe;
using failure_kind = credential_failure::kind;

upstream::fetched_credentials fetch(credential_recipe recipe, upstream::credential_tools tools) {
  auto const run =
      [](credential_recipe what,
         upstream::credential_tools with) -> boost::asio::awaitable<upstream::fetched_credentials> {
    auto got = co_await upstream::fetch_credentials(what, with);
    co_return got;
  };
  return awaited(run(std::move(recipe), std::move(tools)));
}

upstream::fetched_credentials fetch(credential_recipe recipe) {
  key_tools tools;
  return fetch(std::move(recipe), tools.get());
}

std::string key_of(upstream::fetched_credentials const& got) {
  auto const* issued = std::get_if<s3::issued_credentials>(&got);
  return issued ? issued->pair.key_id.str() : std::get<credential_failure>(got).sentence;
}

credential_failure failure_of(upstream::fetched_credentials const& got) {
  auto const* why = std::get_if<credential_failure>(&got);
  EXPECT_NE(why, nullptr);
  auto const out = why ? *why : credential_failure{};
  EXPECT_EQ(out.sentence.find(told_secret), std::string::npos) << out.sentence;
  return out;
}

credential_recipe agent(std::uint16_t port) {
  return {upstream::container_agent{here(port), "/v2/credentials?a=b"}};
}

// Containers.

TEST(container_agent, is_asked_for_its_path_with_the_token) {
  scripted_origin agents;
  agents.next(ok(agent_keys("ASIA1")), 2);
  auto recipe = agent(agents.port());
  std::get<upstream::container_agent>(recipe.first).token = base::secret("Bearer t");
  EXPECT_EQ(key_of(fetch(recipe)), "ASIA1");
  EXPECT_EQ(agents.requests().at(0).method, "GET");
  EXPECT_EQ(agents.requests().at(0).target, "/v2/credentials?a=b");
  EXPECT_EQ(agents.requests().at(0).header("authorization"), "Bearer t");
  EXPECT_EQ(key_of(fetch(agent(agents.port()))), "ASIA1");
  EXPECT_FALSE(agents.requests().at(1).headers.contains("authorization"));
}

TEST(container_agent, gets_the_token_file_as_it_is_now) {
  scripted_origin agents;
  agents.next(ok(agent_keys("ASIA1")), 3);
  key_tools tools;
  auto recipe = agent(agents.port());
  std::get<upstream::container_agent>(recipe.first).token_file = "/token";
  for (auto const* token : {"one", "two"}) {
    tools.files["/token"] = token;
    EXPECT_EQ(key_of(fetch(recipe, tools.get())), "ASIA1");
    EXPECT_EQ(agents.requests().back().header("authorization"), token);
  }
  for (auto const* token : {"", "one\n", "one\r\nX: y"}) {
    tools.files["/token"] = token;
    EXPECT_EQ(failure_of(fetch(recipe, tools.get())).what, failure_kind::misconfigured);
  }
  tools.files.clear();
  EXPECT_EQ(failure_of(fetch(recipe, tools.get())).what, failure_kind::misconfigured);
  EXPECT_EQ(agents.count(), 2U);
}

TEST(container_agent, that_fails_is_told_by_kind) {
  struct {
    fault what;
    failure_kind kind;
  } const cases[] = {
      {{.what = answer_status, .status = 403, .body = R"({"code":"No","message":"nothing for you"})"},
       failure_kind::refused},
      {{.what = answer_status, .status = 404}, failure_kind::refused},
      {{.what = answer_status, .status = 302}, failure_kind::refused},
      {{.what = answer_status, .status = 429}, failure_kind::unreachable},
      {{.what = answer_status, .status = 503}, failure_kind::unreachable},
      {{.what = hang}, failure_kind::unreachable},
      {{.what = close}, failure_kind::unreachable},
      {{.what = reset}, failure_kind::unreachable},
      {{.what = garbage}, failure_kind::garbage},
      {ok("<html>"), failure_kind::garbage},
      {ok(std::string(70'000, 'x')), failure_kind::garbage},
      {ok(agent_keys("A", "2026-01-02T03:04:05Z")), failure_kind::garbage},  // it is that time now
  };
  for (auto const& [what, kind] : cases) {
    scripted_origin agents;
    agents.next(what);
    auto const why = failure_of(fetch(agent(agents.port())));
    EXPECT_EQ(why.what, kind) << why.sentence;
    EXPECT_EQ(agents.count(), 1U);
  }
  scripted_origin gone;
  gone.stop_listening();
  auto const why = failure_of(fetch(agent(gone.port())));
  EXPECT_EQ(why.what, failure_kind::unreachable);
  EXPECT_EQ(why.sentence, "the container's agent at 127.0.0.1:" + std::to_string(gone.port()) +
                              ": it refused the connection");
}

TEST(container_agent, that_repeats_the_token_does_not_put_it_into_our_sentence) {
  scripted_origin agents;
  agents.next({.what = answer_status,
               .status = 403,
               .body = std::string(R"({"code":"No","message":"bad token )") + told_secret + "\"}"});
  auto recipe = agent(agents.port());
  std::get<upstream::container_agent>(recipe.first).token = base::secret(told_secret);
  EXPECT_NE(failure_of(fetch(recipe)).sentence.find("bad token ***"), std::string::npos);
}

// Machines.

constexpr auto roles_path = "/latest/meta-data/iam/security-credentials/";

struct machine {
  scripted_origin service;
  machine() {
    service.when(is("PUT", "/latest/api/token"), ok("TOKEN=="), 99);
    service.when(is("GET", roles_path), ok("my-role\nanother"), 99);
  }
  upstream::fetched_credentials fetch_keys() {
    return fetch({upstream::machine_service{here(service.port())}});
  }
};

TEST(metadata_service, is_asked_in_its_second_version) {
  machine m;
  m.service.when(is("GET", std::string(roles_path) + "my-role"), ok(agent_keys("ASIA1")));
  EXPECT_EQ(key_of(m.fetch_keys()), "ASIA1");
  auto const asked = m.service.requests();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_FALSE(asked[0].headers.contains("x-aws-ec2-metadata-token"));
  EXPECT_EQ(asked[1].header("x-aws-ec2-metadata-token"), "TOKEN==");
  EXPECT_EQ(asked[2].header("x-aws-ec2-metadata-token"), "TOKEN==");
}

TEST(metadata_service, that_speaks_the_first_version_alone_is_not_asked_in_it) {
  for (auto const status : {403U, 404U, 405U}) {
    machine m;
    m.service.clear_rules();
    m.service.when(is("PUT"), {.what = answer_status, .status = status}, 9);
    EXPECT_EQ(failure_of(m.fetch_keys()).what, failure_kind::refused) << status;
    EXPECT_EQ(m.service.count(), 1U);
  }
}

TEST(metadata_service, of_a_machine_without_a_role_says_so) {
  machine m;
  m.service.clear_rules();
  m.service.when(is("PUT"), ok("TOKEN"), 9);
  auto const why = failure_of(m.fetch_keys());
  EXPECT_EQ(why.what, failure_kind::refused);
  EXPECT_NE(why.sentence.find("knows no role"), std::string::npos);
}

TEST(metadata_service, whose_token_or_role_is_garbage_is_not_followed) {
  for (auto const* token : {"", "a b", "a\r\nX: y"}) {
    machine m;
    m.service.clear_rules();
    m.service.when(is("PUT"), ok(token), 9);
    EXPECT_EQ(failure_of(m.fetch_keys()).what, failure_kind::garbage) << token;
    EXPECT_EQ(m.service.count(), 1U);
  }
  machine m;
  m.service.clear_rules();
  m.service.when(is("PUT"), ok("T"), 9);
  m.service.when(is("GET", roles_path), ok("<html> </html>"), 9);
  EXPECT_EQ(failure_of(m.fetch_keys()).what, failure_kind::garbage);
}

// Roles.

TEST(web_identity, is_exchanged_with_the_token_file_as_it_is_now) {
  scripted_origin sts;
  sts.next(ok(sts_keys("ASIA1")), 2);
  key_tools tools;
  upstream::role_terms const role{"arn:r", "pod", {}, {here(sts.port()), "us-east-1"}};
  credential_recipe const recipe{upstream::web_identity{role, "/token"}};
  for (auto const* token : {"one", "two"}) {
    tools.files["/token"] = std::string(token) + "\n";
    EXPECT_EQ(key_of(fetch(recipe, tools.get())), "ASIA1");
    EXPECT_NE(sts.requests().back().body.find("WebIdentityToken=" + std::string(token)), std::string::npos);
  }
  tools.files["/token"] = "\n";
  EXPECT_EQ(failure_of(fetch(recipe, tools.get())).what, failure_kind::misconfigured);
  EXPECT_EQ(sts.count(), 2U);
}

TEST(role_chain, signs_each_role_with_the_keys_of_the_one_before) {
  scripted_origin sts;
  sts.next(ok(sts_keys("FIRST")));
  sts.next(ok(sts_keys("SECOND")));
  upstream::sts_place const place{here(sts.port()), "eu-west-1"};
  s3::credentials const keys{base::access_key_id("BASE"), base::secret(told_secret), {}};
  credential_recipe const recipe{upstream::written_keys{keys},
                                 {{{"arn:one", "s3proxy", {}, place}}, {{"arn:two", "s3proxy", {}, place}}}};
  EXPECT_EQ(key_of(fetch(recipe)), "SECOND");
  auto const asked = sts.requests();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_NE(asked[0].header("authorization").find("Credential=BASE/"), std::string::npos);
  EXPECT_NE(asked[0].body.find("arn%3Aone"), std::string::npos);
  EXPECT_NE(asked[1].header("authorization").find("Credential=FIRST/"), std::string::npos);
  EXPECT_NE(asked[1].body.find("arn%3Atwo"), std::string::npos);
}

TEST(role_chain, stops_at_the_first_no) {
  scripted_origin sts;
  sts.next({.what = answer_status,
            .status = 403,
            .body = std::string("<ErrorResponse><Error><Code>AccessDenied</Code><Message>not with ") +
                    told_secret + "</Message></Error></ErrorResponse>"},
           9);
  upstream::sts_place const place{here(sts.port()), "eu-west-1"};
  s3::credentials const keys{base::access_key_id("BASE"), base::secret(told_secret), {}};
  credential_recipe const recipe{upstream::written_keys{keys},
                                 {{{"arn:one", "s3proxy", {}, place}}, {{"arn:two", "s3proxy", {}, place}}}};
  auto const why = failure_of(fetch(recipe));
  EXPECT_EQ(why.what, failure_kind::refused);
  EXPECT_NE(why.sentence.find("AccessDenied (403): not with ***"), std::string::npos) << why.sentence;
  EXPECT_EQ(sts.count(), 1U);
}

}  // namespace
}  // namespace s3proxy::test
