#include "support/lone_worker.hpp"
#include "support/telling_bytes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::test {
namespace {

using upstream::client_number;
using upstream::demand_of;
using enum fault::kind;

upstream::errand_ptr speculation() {
  return std::make_shared<upstream::errand>(upstream::urgency::speculation, client_number{});
}

/// A store with two connections to it, one of which is in use for good: whoever waits gets the other in turn.
struct one_lane {
  std::shared_ptr<gate> for_good = std::make_shared<gate>();
  std::shared_ptr<gate> first = std::make_shared<gate>();
  scripted_origin store;
  lone_asker asker{store, 2};
  std::vector<std::future<lone_asker::outcome>> asked;

  one_lane() {
    store.hold(is("GET", "/b/for_good"), for_good);
    store.hold(is("GET", "/b/first"), first);
    ask("for_good", demand_of({}));
    ask("first", demand_of({}));
    for_good->wait_for_arrivals(1);
    first->wait_for_arrivals(1);
  }
  ~one_lane() { for_good->open(); }

  void ask(std::string const& what, upstream::errand_ptr who) {
    asked.push_back(asker.begin("/b/" + what, std::move(who)));
  }
  /// What came behind the first, in its order.
  std::vector<std::string> let_go() {
    first->open();
    for (std::size_t i = 1; i < asked.size(); ++i) {
      asked[i].wait();
    }
    std::vector<std::string> out;
    for (auto const& one : store.requests()) {
      auto const name = one.path().substr(3);
      if (name != "first" && name != "for_good") {
        out.push_back(name);
      }
    }
    return out;
  }
};

TEST(errands, demand_overtakes_speculation_that_waits) {
  one_lane lane;
  lane.ask("guess", speculation());
  lane.ask("read", demand_of(client_number{1}));
  EXPECT_EQ(lane.let_go(), (std::vector<std::string>{"read", "guess"}));
}

TEST(errands, a_speculation_that_is_promoted_waits_among_demand) {
  one_lane lane;
  auto const wanted = speculation();
  lane.ask("guess", speculation());
  lane.ask("wanted", wanted);
  wanted->promote(client_number{1});
  EXPECT_EQ(lane.let_go(), (std::vector<std::string>{"wanted", "guess"}));
}

TEST(errands, one_client_with_many_reads_does_not_starve_another_with_one) {
  one_lane lane;
  for (auto const* name : {"a1", "a2", "a3", "a4"}) {
    lane.ask(name, demand_of(client_number{1}));
  }
  lane.ask("b", demand_of(client_number{2}));
  EXPECT_EQ(lane.let_go(), (std::vector<std::string>{"a1", "b", "a2", "a3", "a4"}));
}

TEST(errands, what_is_withdrawn_while_it_waits_is_never_asked) {
  one_lane lane;
  auto const unwanted = demand_of(client_number{1});
  lane.ask("unwanted", unwanted);
  unwanted->withdraw();
  EXPECT_EQ(lane.asked.back().get().fault, base::errc::client_gone);
  lane.asked.pop_back();
  lane.ask("read", demand_of(client_number{1}));
  EXPECT_EQ(lane.let_go(), std::vector<std::string>{"read"});
}

TEST(errands, speculation_leaves_connections_to_demand) {
  struct row {
    std::size_t connections;
    std::size_t speculative;
  };
  for (auto const& r : {row{2, 1}, row{4, 3}, row{8, 6}, row{32, 24}}) {
    scripted_origin store;
    lone_asker asker(store, r.connections);
    auto const held = std::make_shared<gate>();
    store.hold(is("GET", "/b/guess"), held);
    std::vector<std::future<lone_asker::outcome>> guesses;
    for (std::size_t i = 0; i < r.connections + 2; ++i) {
      guesses.push_back(asker.begin("/b/guess", speculation()));
    }
    held->wait_for_arrivals(r.speculative);
    EXPECT_EQ(asker.get("/b/read", demand_of(client_number{1})).status, 404U);
    EXPECT_EQ(store.count(is("GET", "/b/guess")), r.speculative) << r.connections;
    held->open();
    for (auto& one : guesses) {
      EXPECT_EQ(one.get().status, 404U) << "each has its turn in the end";
    }
  }
}

TEST(errands, a_worker_with_one_connection_never_speculates) {
  scripted_origin store;
  lone_asker asker(store, 1, [](auto& l) { l.lease = std::chrono::milliseconds(20); });
  EXPECT_EQ(asker.get("/b/guess", speculation()).fault, base::errc::origin_busy);
  EXPECT_EQ(store.count(), 0U);
}

TEST(errands, speculation_is_asked_once_and_costs_no_retry_token) {
  for (auto const& trouble : {fault{.what = answer_status, .status = 503},
                              fault{.what = answer_status, .status = 429}, fault{.what = reset}}) {
    scripted_origin store;
    auto const one_retry = [](upstream::origin_limits& l) { l.retry_tokens = l.retry_price; };
    lone_asker asker(store, 4, one_retry);
    store.next(trouble, 3);
    for (unsigned i = 1; i <= 3; ++i) {
      auto const got = asker.get("/b/k", speculation());
      EXPECT_EQ(got.status, trouble.what == reset ? 0U : trouble.status) << "as it is";
      EXPECT_EQ(got.calls, 1U);
      EXPECT_EQ(store.count(), i);
    }
    store.next({.what = answer_status, .status = 503});
    EXPECT_EQ(asker.get("/b/k", demand_of({})).calls, 2U) << "the token is still there";
  }
}

TEST(errands, a_speculation_that_was_promoted_is_asked_again) {
  scripted_origin store;
  lone_asker asker(store, 4);
  auto const wanted = speculation();
  auto const held = std::make_shared<gate>();
  store.hold(is("GET"), held);
  store.next({.what = answer_status, .status = 503});
  auto got = asker.begin("/b/k", wanted);
  held->wait_for_arrivals(1);
  wanted->promote(client_number{1});
  held->open();
  EXPECT_EQ(got.get().status, 404U);
}

TEST(errands, a_store_can_tell_speculation_by_its_user_agent) {
  scripted_origin store;
  lone_asker asker(store, 4);
  asker.get("/b/k", demand_of({}));
  asker.get("/b/k", speculation());
  EXPECT_EQ(store.requests()[0].header("user-agent"), "s3proxy/" S3PROXY_VERSION);
  EXPECT_EQ(store.requests()[1].header("user-agent"), "s3proxy/" S3PROXY_VERSION " (read-ahead)");
}

}  // namespace
}  // namespace s3proxy::test
