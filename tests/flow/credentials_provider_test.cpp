#include "s3proxy/upstream/credential_provider.hpp"

#include "support/handed_out.hpp"
#include "support/heard_log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <thread>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;
using upstream::credential_failure;
using upstream::credential_provider;

// The clock begins at 03:04:05.
constexpr auto in_an_hour = "2026-01-02T04:04:05Z";
constexpr auto in_two_hours = "2026-01-02T05:04:05Z";
constexpr auto renewed = "new credentials from the agent";
constexpr auto failed = "cannot renew the credentials from the agent";

/// An agent, a provider that follows it, and an event loop that keeps the provider fresh.
class kept_fresh {
 public:
  kept_fresh() { agent.next(ok(agent_keys("FIRST", in_an_hour))); }
  ~kept_fresh() {
    provider.reset();
    if (loop_.joinable()) {
      loop_.join();  // the coroutine ends when nobody else holds the provider
    }
  }
  kept_fresh(kept_fresh const&) = delete;
  kept_fresh& operator=(kept_fresh const&) = delete;

  upstream::credential_recipe recipe() const {
    upstream::container_agent from{here(agent.port()), "/keys"};
    from.token = base::secret(told_secret);
    return {std::move(from), {}, "the agent"};
  }
  void start() {
    auto made = credential_provider::open(recipe(), tools.get());
    ASSERT_TRUE(std::holds_alternative<std::shared_ptr<credential_provider>>(made));
    provider = std::get<std::shared_ptr<credential_provider>>(made);
    made = credential_failure{};
    boost::asio::co_spawn(context_, credential_provider::keep_fresh(provider), boost::asio::detached);
    loop_ = std::thread([this] { context_.run(); });
  }
  std::string key() const {
    auto const pair = provider ? provider->current() : nullptr;
    return pair ? pair->key_id.str() : "none";
  }

  heard_log log;
  scripted_origin agent;
  key_tools tools;
  std::shared_ptr<credential_provider> provider;

 private:
  boost::asio::io_context context_{1};
  std::thread loop_;
};

TEST(credential_provider, has_keys_before_anything_runs) {
  kept_fresh k;
  k.start();
  EXPECT_EQ(k.key(), "FIRST");
  EXPECT_EQ(k.provider->current()->secret_key.reveal(), told_secret);
  EXPECT_EQ(k.agent.count(), 1U);
}

TEST(credential_provider, fetches_ahead_of_the_expiry_and_not_before) {
  kept_fresh k;
  k.agent.next(ok(agent_keys("SECOND", in_two_hours)));
  k.start();
  k.tools.clock.advance(44min);
  EXPECT_EQ(k.key(), "FIRST");
  EXPECT_EQ(k.agent.count(), 1U);
  k.tools.clock.advance(6min + 1s);  // 10 minutes before the end at the latest
  ASSERT_TRUE(k.log.wait_for(renewed));
  EXPECT_EQ(k.key(), "SECOND");
  EXPECT_EQ(k.agent.count(), 2U);
  EXPECT_EQ(k.log.count("good until 2026-01-02T05:04:05Z"), 1U);
}

TEST(credential_provider, serves_the_old_keys_while_they_live_and_warns_once_per_failure) {
  kept_fresh k;
  k.agent.next({.what = answer_status, .status = 500});
  k.agent.next({.what = garbage});
  k.agent.next(ok(agent_keys("SECOND", in_two_hours)));
  k.start();
  k.tools.clock.advance(51min);
  ASSERT_TRUE(k.log.wait_for(failed, 1));
  EXPECT_EQ(k.key(), "FIRST");
  k.tools.clock.advance(1s);
  ASSERT_TRUE(k.log.wait_for(failed, 2));
  EXPECT_EQ(k.key(), "FIRST");
  EXPECT_EQ(k.log.count("the present ones are good until 2026-01-02T04:04:05Z"), 2U);
  k.tools.clock.advance(1s);
  ASSERT_TRUE(k.log.wait_for(renewed));
  EXPECT_EQ(k.key(), "SECOND");
  EXPECT_EQ(k.log.count(failed), 2U);
}

TEST(credential_provider, has_none_after_they_have_expired_until_there_are_new_ones) {
  kept_fresh k;
  k.agent.next({.what = hang});
  k.agent.next(ok(agent_keys("SECOND", in_two_hours)));
  k.start();
  k.tools.clock.advance(1h);
  EXPECT_EQ(k.key(), "none");
  ASSERT_TRUE(k.log.wait_for("they have expired, and requests are answered with 503"));
  k.tools.clock.advance(1s);
  ASSERT_TRUE(k.log.wait_for(renewed));
  EXPECT_EQ(k.key(), "SECOND");
}

TEST(credential_provider, makes_one_fetch_for_all_who_use_it) {
  kept_fresh k;
  auto const held = std::make_shared<gate>();
  k.start();
  k.agent.hold(is("GET"), held);
  k.agent.next(ok(agent_keys("SECOND", in_two_hours)));
  k.tools.clock.advance(51min);
  held->wait_for_arrivals(1);
  std::vector<std::thread> users;
  for (int i = 0; i < 8; ++i) {
    users.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        EXPECT_EQ(k.key(), "FIRST");  // nobody waits for the new ones
      }
    });
  }
  for (auto& user : users) {
    user.join();
  }
  held->open();
  ASSERT_TRUE(k.log.wait_for(renewed));
  EXPECT_EQ(k.agent.count(), 2U);
}

TEST(credential_provider, does_not_fetch_keys_without_an_end_again) {
  kept_fresh k;
  k.agent.clear_rules();
  k.agent.next(ok(R"({"AccessKeyId":"LASTING","SecretAccessKey":"HuShHuShHuSh"})"));
  k.start();
  k.tools.clock.advance(10'000h);
  EXPECT_EQ(k.key(), "LASTING");
  EXPECT_EQ(k.agent.count(), 1U);
}

credential_failure not_opened(kept_fresh& k, upstream::credential_recipe recipe) {
  auto const made = credential_provider::open(std::move(recipe), k.tools.get());
  auto const* why = std::get_if<credential_failure>(&made);
  EXPECT_NE(why, nullptr);
  return why ? *why : credential_failure{};
}

TEST(credential_start, waits_for_an_agent_that_is_not_up_yet) {
  kept_fresh k;
  k.agent.clear_rules();
  k.agent.next({.what = answer_status, .status = 503}, 2);
  k.agent.next(ok(agent_keys("FIRST")));
  k.start();
  EXPECT_EQ(k.key(), "FIRST");
  EXPECT_EQ(k.agent.count(), 3U);
}

TEST(credential_start, gives_up_after_its_attempts) {
  kept_fresh k;
  k.agent.clear_rules();
  k.agent.next({.what = answer_status, .status = 503}, 99);
  EXPECT_EQ(not_opened(k, k.recipe()).what, credential_failure::kind::unreachable);
  EXPECT_EQ(k.agent.count(), 3U);
}

TEST(credential_start, takes_a_no_for_an_answer) {
  kept_fresh k;
  k.agent.clear_rules();
  k.agent.next({.what = answer_status, .status = 403}, 99);
  EXPECT_EQ(not_opened(k, k.recipe()).what, credential_failure::kind::refused);
  EXPECT_EQ(k.agent.count(), 1U);
}

TEST(credential_start, asks_the_last_resort_once) {
  kept_fresh k;
  k.agent.clear_rules();
  k.agent.next({.what = close}, 99);
  auto recipe = k.recipe();
  recipe.certainty = upstream::certainty::if_there;
  EXPECT_EQ(not_opened(k, std::move(recipe)).what, credential_failure::kind::unreachable);
  EXPECT_EQ(k.agent.count(), 1U);
}

TEST(credential_flows, put_no_secret_into_any_log_line) {
  kept_fresh k;
  auto const leak = std::string(R"({"code":"No","message":"your token )") + told_secret + "\"}";
  k.agent.next({.what = answer_status, .status = 403, .body = leak});
  k.agent.next(ok(std::string("not json ") + told_secret));
  k.agent.next(ok(agent_keys("SECOND", "2026-01-02T03:00:00Z")));
  k.agent.next(ok(agent_keys("THIRD", in_two_hours)));
  k.start();
  k.tools.clock.advance(51min);
  for (std::size_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(k.log.wait_for(failed, n));
    k.tools.clock.advance(10s);
  }
  ASSERT_TRUE(k.log.wait_for(renewed));
  EXPECT_EQ(k.log.count(told_secret), 0U);
}

}  // namespace
}  // namespace s3proxy::test
