#include "s3proxy/app/credential_plan.hpp"

#include "aws_home.hpp"

#include <gtest/gtest.h>

namespace s3proxy::app {
namespace {

using upstream::container_agent;
using upstream::key_program;
using upstream::machine_service;
using upstream::web_identity;
using upstream::written_keys;

struct home : aws_home {
  void set(std::string const& name, std::string const& value) { variables[name] = value; }
  credential_plan planned() {
    auto plan = plan_credentials(lookup(), reader());
    EXPECT_TRUE(plan.has_value()) << (plan.has_value() ? "" : plan.error().sentence);
    return plan.has_value() ? *std::move(plan) : credential_plan{};
  }
  std::string refused() {
    auto const plan = plan_credentials(lookup(), reader());
    EXPECT_FALSE(plan.has_value());
    return plan.has_value() ? std::string() : plan.error().sentence;
  }
};

template <class Source>
Source const& first_of(credential_plan const& plan) {
  static Source const nothing{};
  auto const* found = plan.recipe ? std::get_if<Source>(&plan.recipe->first) : nullptr;
  EXPECT_NE(found, nullptr) << plan.where;
  return found ? *found : nothing;
}

// Every source at once: taking away the one that wins shows the next.
struct full_home : home {
  full_home() {
    set("AWS_ACCESS_KEY_ID", "ENV");
    set("AWS_SECRET_ACCESS_KEY", "s");
    set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/token");
    set("AWS_ROLE_ARN", "arn:env");
    set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials");
    write(credentials_path, pair_text("default", "FILE") + pair_text("base", "BASE"));
    write_config({"role_arn = arn:profile", "source_profile = base", "credential_process = tool",
                  "aws_access_key_id = CONFIG", "aws_secret_access_key = s"});
  }
  void write_config(std::vector<std::string> const& lines) {
    std::string text = "[default]\n";
    for (auto const& line : lines) {
      text += line + "\n";
    }
    write(config_path, text);
  }
};

TEST(credential_order, is_botocores) {
  full_home ann;
  EXPECT_EQ(first_of<written_keys>(ann.planned()).pair.key_id.str(), "ENV");
  ann.variables.erase("AWS_ACCESS_KEY_ID");
  ann.variables.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(first_of<written_keys>(ann.planned()).pair.key_id.str(), "BASE");
  EXPECT_EQ(ann.planned().recipe->roles.size(), 1U);
  ann.write_config({"web_identity_token_file = /profile/token", "role_arn = arn:profile",
                    "credential_process = tool", "aws_access_key_id = CONFIG", "aws_secret_access_key = s"});
  EXPECT_EQ(first_of<web_identity>(ann.planned()).token_file, "/var/token");
  ann.variables.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  EXPECT_EQ(first_of<web_identity>(ann.planned()).token_file, "/profile/token");
  ann.write_config({"credential_process = tool", "aws_access_key_id = CONFIG", "aws_secret_access_key = s"});
  EXPECT_EQ(first_of<written_keys>(ann.planned()).pair.key_id.str(), "FILE");
  ann.write(credentials_path, "");
  EXPECT_EQ(first_of<key_program>(ann.planned()).arguments, std::vector<std::string>{"tool"});
  ann.write_config({"aws_access_key_id = CONFIG", "aws_secret_access_key = s"});
  EXPECT_EQ(first_of<written_keys>(ann.planned()).pair.key_id.str(), "CONFIG");
  ann.write_config({"region = eu-west-1"});
  EXPECT_EQ(first_of<container_agent>(ann.planned()).target, "/v2/credentials");
  ann.variables.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  EXPECT_EQ(first_of<machine_service>(ann.planned()).endpoint.host, "169.254.169.254");
  ann.set("AWS_EC2_METADATA_DISABLED", "True");
  EXPECT_EQ(ann.planned().kind(), plan_kind::none);
}

TEST(credential_plan, says_whether_clients_can_know_the_keys) {
  home ann;
  EXPECT_EQ(ann.planned().kind(), plan_kind::if_there);
  EXPECT_TRUE(ann.planned().where.starts_with("none (no environment variables, no profile; looked in"));
  EXPECT_EQ(ann.planned().recipe->where, "the metadata service at 169.254.169.254");
  ann.write(credentials_path, pair_text("default", "ONE"));
  EXPECT_EQ(ann.planned().kind(), plan_kind::fixed);
  ann.write(config_path, "[default]\ncredential_process = tool\n");
  EXPECT_EQ(ann.planned().kind(), plan_kind::fixed);
  ann.write(credentials_path, "");
  EXPECT_EQ(ann.planned().kind(), plan_kind::handed_out);
  EXPECT_EQ(ann.planned().where, "profile \"default\" (~/.aws/config), credential_process tool");
}

TEST(credential_plan, tells_what_was_passed_over_and_why) {
  home ann;
  ann.set("AWS_EC2_METADATA_DISABLED", "true");
  auto const skipped = ann.planned().skipped;
  ASSERT_EQ(skipped.size(), 9U);
  EXPECT_EQ(skipped.front(), "environment: AWS_ACCESS_KEY_ID is not set");
  EXPECT_EQ(skipped[2], "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  EXPECT_EQ(skipped.back(), "metadata service: AWS_EC2_METADATA_DISABLED forbids it");
}

TEST(credential_plan, single_sign_on_of_the_default_profile_is_passed_over_with_its_remedy) {
  home ann;
  ann.write(config_path, "[default]\nsso_session = work\naws_access_key_id = A\naws_secret_access_key = s\n");
  auto const plan = ann.planned();
  EXPECT_EQ(plan.kind(), plan_kind::if_there);
  EXPECT_TRUE(says(plan.where, "by sso_session, which s3proxy does not speak")) << plan.where;
  EXPECT_TRUE(says(plan.where, "aws configure export-credentials")) << plan.where;
}

// Roles.

TEST(role_plan, a_profile_may_sign_for_its_own_role) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  ann.write(config_path,
            "[default]\nrole_arn = arn:r\nsource_profile = default\nexternal_id = ext\n"
            "role_session_name = me@work\nduration_seconds = 900\nregion = eu-west-1\n");
  auto const plan = ann.planned();
  EXPECT_EQ(plan.kind(), plan_kind::handed_out);
  EXPECT_EQ(first_of<written_keys>(plan).pair.key_id.str(), "ONE");
  ASSERT_EQ(plan.recipe->roles.size(), 1U);
  auto const& hop = plan.recipe->roles[0];
  EXPECT_EQ(hop.role.arn, "arn:r");
  EXPECT_EQ(hop.role.session_name, "me@work");
  EXPECT_EQ(hop.role.duration, std::chrono::seconds(900));
  EXPECT_EQ(hop.external_id, "ext");
  EXPECT_EQ(hop.role.sts.endpoint.host, "sts.eu-west-1.amazonaws.com");
  EXPECT_EQ(hop.role.sts.region, "eu-west-1");
  EXPECT_EQ(plan.where,
            "profile \"default\" (~/.aws/config), role arn:r from profile \"default\" (~/.aws/credentials)");
}

TEST(role_plan, roles_chain_and_the_last_profile_signs_first) {
  home ann;
  ann.set("AWS_PROFILE", "a");
  ann.write(credentials_path, pair_text("c", "KEYS"));
  ann.write(config_path,
            "[profile a]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nrole_arn = arn:b\n"
            "source_profile = c\n");
  auto const plan = ann.planned();
  EXPECT_EQ(first_of<written_keys>(plan).pair.key_id.str(), "KEYS");
  ASSERT_EQ(plan.recipe->roles.size(), 2U);
  EXPECT_EQ(plan.recipe->roles[0].role.arn, "arn:b");
  EXPECT_EQ(plan.recipe->roles[1].role.arn, "arn:a");
}

TEST(role_plan, a_source_may_get_its_keys_in_any_way_that_is_spoken) {
  home ann;
  auto const with_source = [&](std::string const& settings) {
    ann.write(config_path, "[default]\nrole_arn = arn:r\nsource_profile = b\n[profile b]\n" + settings);
    return ann.planned();
  };
  EXPECT_EQ(first_of<key_program>(with_source("credential_process = tool x\n")).arguments.size(), 2U);
  EXPECT_EQ(first_of<web_identity>(with_source("role_arn = arn:w\nweb_identity_token_file = /t\n")).role.arn,
            "arn:w");
  EXPECT_EQ(with_source("role_arn = arn:w\nweb_identity_token_file = /t\n").recipe->roles.size(), 1U);
  ann.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c");
  first_of<container_agent>(with_source("role_arn = arn:b\ncredential_source = EcsContainer\n"));
  auto const machine = with_source("role_arn = arn:b\ncredential_source = Ec2InstanceMetadata\n");
  first_of<machine_service>(machine);
  EXPECT_EQ(machine.kind(), plan_kind::handed_out) << "it was asked for";
}

TEST(role_plan, without_a_region_the_global_sts_is_asked) {
  home ann;
  ann.write(credentials_path, pair_text("default", "ONE"));
  ann.write(config_path, "[default]\nrole_arn = arn:r\nsource_profile = default\n");
  auto const sts = [&] { return ann.planned().recipe->roles.at(0).role.sts; };
  EXPECT_EQ(sts().endpoint.host, "sts.amazonaws.com");
  EXPECT_EQ(sts().region, "us-east-1");
  ann.set("AWS_DEFAULT_REGION", "cn-north-1");
  EXPECT_EQ(sts().endpoint.host, "sts.cn-north-1.amazonaws.com.cn");
  ann.set("AWS_REGION", "eu-north-1");
  EXPECT_EQ(sts().endpoint.host, "sts.eu-north-1.amazonaws.com");
  ann.set("AWS_ENDPOINT_URL_STS", "http://sts.lab:8080");
  EXPECT_EQ(sts().endpoint.host, "sts.lab");
  EXPECT_EQ(sts().endpoint.port, 8080);
  EXPECT_EQ(sts().region, "eu-north-1");
}

struct refused_profile {
  char const* settings;  // of [default]; more sections may follow
  char const* says;
};

TEST(role_plan, what_cannot_work_is_refused_in_a_sentence) {
  for (auto const& [settings, part] : std::initializer_list<refused_profile>{
           {"role_arn = arn:r\n", "neither source_profile nor credential_source"},
           {"role_arn = arn:r\nsource_profile = b\ncredential_source = Environment\n", "remove one"},
           {"role_arn = arn:r\nsource_profile = nobody\n", "names `nobody`, and there is no such profile"},
           {"role_arn = arn:r\nsource_profile = default\n", "has no keys"},
           {"role_arn = arn:r\nsource_profile = b\n[profile b]\nregion = x\n", "\"b\" is to sign for a role"},
           {"role_arn = arn:r\nsource_profile = b\n[profile b]\nrole_arn = arn:b\nsource_profile = c\n"
            "[profile c]\nrole_arn = arn:c\nsource_profile = b\n",
            "leads back to `b`: the roles go in a loop"},
           {"role_arn = arn:r\nsource_profile = b\n[profile b]\nsso_session = s\n", "aws configure export"},
           {"role_arn = arn:r\ncredential_source = Environment\n", "AWS_ACCESS_KEY_ID is not set"},
           {"role_arn = arn:r\ncredential_source = EcsContainer\n", "RELATIVE_URI"},
           {"role_arn = arn:r\ncredential_source = Moon\n", "`Moon`; it can be Environment"},
           {"role_arn = arn:r\nsource_profile = b\nmfa_serial = arn:mfa\n", "MFA code"},
           {"role_arn = arn:r\nsource_profile = b\nduration_seconds = 60\n", "`60`; it can be 900 to 43200"},
           {"role_arn = arn:r\nsource_profile = b\nduration_seconds = 900s\n", "`900s`"},
           {"role_arn = arn:r\nsource_profile = b\nrole_session_name = a b\n", "role session name"},
           {"role_arn = arn r\nsource_profile = b\n", "is no ARN"},
           {"role_arn = arn:r\nsource_profile = b\nexternal_id = a b\n", "external_id"},
           {"web_identity_token_file = /t\n", "and no role_arn"},
           {"credential_process = 'tool\n", "quote that is not closed"},
       }) {
    home ann;
    ann.write(config_path, "[default]\n" + std::string(settings));
    EXPECT_TRUE(says(ann.refused(), part)) << settings << ann.refused();
  }
}

// The environment's own.

TEST(web_identity_plan, is_read_from_three_variables) {
  home ann;
  ann.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token");
  EXPECT_TRUE(says(ann.refused(), "AWS_ROLE_ARN, the role to take, is not"));
  ann.set("AWS_ROLE_ARN", "arn:r");
  EXPECT_EQ(first_of<web_identity>(ann.planned()).role.session_name, "s3proxy");
  ann.set("AWS_ROLE_SESSION_NAME", "pod-1");
  auto const plan = ann.planned();
  EXPECT_EQ(first_of<web_identity>(plan).role.session_name, "pod-1");
  EXPECT_EQ(plan.where, "web identity (environment), role arn:r for the token in /var/run/token");
  EXPECT_EQ(plan.kind(), plan_kind::handed_out);
  ann.set("AWS_ROLE_SESSION_NAME", "x");
  EXPECT_TRUE(says(ann.refused(), "2 to 64"));
}

TEST(container_plan, plain_http_goes_to_this_machine_and_the_agents_alone) {
  for (auto const* url :
       {"http://127.0.0.1/c", "http://127.1.2.3:8080/c?x=1", "http://[::1]:9/c", "http://169.254.170.2/c",
        "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials",
        "https://keys.example/c", "http://localhost:1234/c", "http://127.0.0.1"}) {
    home ann;
    ann.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    first_of<container_agent>(ann.planned());
  }
  for (auto const* url :
       {"http://192.0.2.1/c", "http://169.254.169.254/c", "http://169.254.170.3/c", "http://[fd00:ec2::24]/c",
        "http://[2001:db8::1]/c", "http://0.0.0.0/c", "http://[::]/c"}) {
    home ann;
    ann.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_TRUE(says(ann.refused(), "plain HTTP may go to this machine")) << url << ": " << ann.refused();
  }
  for (auto const* url :
       {"ftp://127.0.0.1/c", "127.0.0.1/c", "http://user@127.0.0.1/c", "http://127.0.0.1/a b",
        "http://127.0.0.1/c\r\nHost: x", "http://127.0.0.1/c#f", "http://"}) {
    home ann;
    ann.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_TRUE(says(ann.refused(), "AWS_CONTAINER_CREDENTIALS_FULL_URI")) << url;
  }
}

TEST(container_plan, a_name_over_plain_http_must_lead_to_this_machine) {
  home ann;
  ann.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://agent.example/c");
  EXPECT_EQ(first_of<container_agent>(ann.planned()).peers, upstream::peers::loopback);
  ann.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://agent.example/c");
  EXPECT_EQ(first_of<container_agent>(ann.planned()).peers, upstream::peers::any);
}

TEST(container_plan, the_relative_address_is_on_the_ecs_agent_and_comes_first) {
  home ann;
  ann.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/never-looked-at");
  ann.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1?x");
  auto const plan = ann.planned();
  EXPECT_EQ(first_of<container_agent>(plan).endpoint.host, "169.254.170.2");
  EXPECT_EQ(first_of<container_agent>(plan).endpoint.port, 80);
  EXPECT_EQ(first_of<container_agent>(plan).target, "/v2/credentials/1?x");
  for (auto const* target : {"@192.0.2.1/", "credentials", "/a b", "/a\r\nx: y"}) {
    ann.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", target);
    EXPECT_TRUE(says(ann.refused(), "is no path")) << target;
  }
}

TEST(container_plan, the_token_file_comes_before_the_token) {
  home ann;
  ann.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c");
  ann.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer t");
  EXPECT_EQ(first_of<container_agent>(ann.planned()).token.reveal(), "Bearer t");
  ann.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t\r\nX: y");
  EXPECT_TRUE(says(ann.refused(), "AWS_CONTAINER_AUTHORIZATION_TOKEN: holds a line break"));
  ann.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/t");
  EXPECT_EQ(first_of<container_agent>(ann.planned()).token_file, "/t");
}

TEST(machine_plan, the_address_of_the_metadata_service_can_be_told) {
  home ann;
  auto const host = [&] { return first_of<machine_service>(ann.planned()).endpoint.host_field(); };
  EXPECT_EQ(host(), "169.254.169.254");
  ann.set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
  EXPECT_EQ(host(), "[fd00:ec2::254]");
  ann.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/");
  EXPECT_EQ(host(), "127.0.0.1:1338");
  ann.set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "carrier-pigeon");
  EXPECT_TRUE(says(ann.refused(), "neither IPv4 nor IPv6"));
}

TEST(named_profile_plan, does_not_look_beyond_the_profile) {
  full_home ann;
  auto const plan = [&](std::string const& name) {
    return plan_profile_credentials(name, ann.lookup(), ann.reader());
  };
  EXPECT_EQ(first_of<written_keys>(*plan("base")).pair.key_id.str(), "BASE");
  ann.write(config_path,
            "[profile role]\nrole_arn = arn:r\ncredential_source = Environment\n"
            "[profile empty]\nregion = x\n[profile sso]\nsso_session = s\n");
  EXPECT_EQ(first_of<written_keys>(*plan("role")).pair.key_id.str(), "ENV");
  EXPECT_TRUE(says(plan("empty").error().sentence, "has no keys"));
  EXPECT_TRUE(says(plan("nobody").error().sentence, "there is no such profile"));
  EXPECT_TRUE(says(plan("sso").error().sentence, "does not speak"));
}

TEST(credential_plan, no_sentence_holds_a_secret) {
  home ann;
  std::string const secret = "sEcReTsEcReT";
  ann.write(credentials_path, "[default]\naws_access_key_id = A\naws_secret_access_key = " + secret +
                                  "\n[half]\n" + "aws_secret_access_key = " + secret + "\n");
  ann.write(config_path, "[profile tool]\ncredential_process = tool --password '" + secret + "\n" +
                             "[profile fine]\ncredential_process = tool --password " + secret + "\n");
  for (auto const* name : {"default", "half", "tool", "fine"}) {
    auto const plan = plan_profile_credentials(name, ann.lookup(), ann.reader());
    EXPECT_FALSE(says(plan.has_value() ? plan->where : plan.error().sentence, secret)) << name;
  }
}

}  // namespace
}  // namespace s3proxy::app
