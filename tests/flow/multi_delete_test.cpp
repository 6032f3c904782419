#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

struct warm_world : world {
  explicit warm_world(std::vector<std::string> keys_to_hold, choices with = {})
      : world(std::move(with)), held(std::move(keys_to_hold)) {
    for (auto const& key : held) {
      origin.put_version("/bucket/" + key, 1, 1000);
      EXPECT_EQ(version_of(key), "\"v1\"");
    }
  }
  std::string version_of(std::string const& key) { return head("/bucket/" + key).header("etag"); }
  void change_all() {
    for (auto const& key : held) {
      origin.put_version("/bucket/" + key, 2, 1000);
    }
  }
  answer remove(std::string const& document) { return ask({"POST", "/bucket?delete", {}, document}); }

  std::vector<std::string> held;
};

std::string naming(std::vector<std::string> const& keys) {
  std::string out = "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (auto const& key : keys) {
    out += "<Object><Key>" + key + "</Key></Object>";
  }
  return out + "<Quiet>true</Quiet></Delete>";
}

TEST(multi_delete, every_named_key_is_looked_at_again_and_no_other) {
  warm_world w({"a", "b", "c"});
  auto const document = naming({"a", "c"});
  ASSERT_EQ(w.remove(document).status, 200U);
  EXPECT_EQ(w.origin.requests().back().body, document);
  w.change_all();
  EXPECT_EQ(w.version_of("a"), "\"v2\"");
  EXPECT_EQ(w.version_of("b"), "\"v1\"");
  EXPECT_EQ(w.version_of("c"), "\"v2\"");
}

TEST(multi_delete, a_key_is_known_in_every_spelling_of_xml) {
  warm_world w({"a&b", "c", "d"});
  ASSERT_EQ(w.remove(naming({"a&amp;b", "&#99;", "<![CDATA[d]]>"})).status, 200U);
  w.change_all();
  for (auto const& key : w.held) {
    EXPECT_EQ(w.version_of(key), "\"v2\"") << key;
  }
}

TEST(multi_delete, a_body_that_comes_byte_by_byte_names_the_same_keys) {
  warm_world w({"first/key", "other"});
  auto const request = w.signed_request({"POST", "/bucket?delete", {}, naming({"first/key"})});
  auto link = w.connect();
  for (auto const c : request) {
    link.send(std::string_view(&c, 1));
  }
  ASSERT_EQ(link.read().status, 200U);
  w.change_all();
  EXPECT_EQ(w.version_of("first/key"), "\"v2\"");
  EXPECT_EQ(w.version_of("other"), "\"v1\"");
}

TEST(multi_delete, a_body_that_names_nothing_may_have_named_anything) {
  warm_world w({"a"});
  ASSERT_EQ(w.remove("{\"a form that only this store\": \"understands\"}").status, 200U);
  w.change_all();
  EXPECT_EQ(w.version_of("a"), "\"v2\"");
}

TEST(multi_delete, more_keys_than_are_remembered_mean_the_whole_bucket) {
  warm_world w({"a", "unnamed"}, {.adjust = [](proxy::limits& l) { l.listed_delete_keys = 3; }});
  ASSERT_EQ(w.remove(naming({"1", "2", "3", "a"})).status, 200U);
  w.change_all();
  EXPECT_EQ(w.version_of("a"), "\"v2\"");
  EXPECT_EQ(w.version_of("unnamed"), "\"v2\"");
}

TEST(multi_delete, a_refused_or_lost_delete_may_have_happened) {
  for (auto const what : {fault::kind::answer_status, fault::kind::reset, fault::kind::reset_unread}) {
    warm_world w({"a", "b"});
    w.origin.when(is("POST"), {.what = what, .status = 500});
    EXPECT_GE(w.remove(naming({"a"})).status, 500U);
    w.change_all();
    EXPECT_EQ(w.version_of("a"), "\"v2\"");
  }
}

TEST(multi_delete, while_it_is_under_way_the_named_keys_ask_the_store) {
  warm_world w({"a", "b"});
  w.origin.forget_requests();
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("POST"), held);
  auto link = w.connect();
  link.send(w.signed_request({"POST", "/bucket?delete", {}, naming({"a"})}));
  held->wait_for_arrivals(1);
  EXPECT_EQ(w.version_of("a"), "\"v1\"");
  EXPECT_EQ(w.origin.count(is("HEAD", "/bucket/a")), 1U);
  w.change_all();
  held->open();
  EXPECT_EQ(link.read().status, 200U);
  EXPECT_EQ(w.version_of("a"), "\"v2\"");
  EXPECT_EQ(w.version_of("b"), "\"v1\"");
}

// The answer of a multi-delete names what is gone while it streams: a client may act on its first bytes.
TEST(multi_delete, what_is_read_between_two_pieces_of_its_answer_is_not_kept) {
  warm_world w({"a"});
  auto const midway = std::make_shared<gate>();
  w.origin.when(is("POST"), {.what = fault::kind::replaced_midway, .then = [midway] { midway->pass(); }});
  auto link = w.connect();
  link.send(w.signed_request({"POST", "/bucket?delete", {}, naming({"a"})}));
  midway->wait_for_arrivals(1);
  EXPECT_EQ(w.version_of("a"), "\"v1\"");
  w.change_all();
  midway->open();
  EXPECT_EQ(link.read().status, 200U);
  EXPECT_EQ(w.version_of("a"), "\"v2\"");
}

}  // namespace
}  // namespace s3proxy::test
