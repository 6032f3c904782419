// A multi-delete names its keys in its body: each is asked for before a byte is forwarded.

#include "s3proxy/base/crypto.hpp"

#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

std::string naming(std::vector<std::string> const& keys) {
  std::string out = "<Delete>";
  for (auto const& key : keys) {
    out += "<Object><Key>" + key + "</Key></Object>";
  }
  return out + "</Delete>";
}

answer remove(world& w, std::string const& document) {
  return w.ask({"POST", "/bucket?delete", {}, document});
}

/// The world's client may write `bucket` below `own/`, and read all of it.
void put_under_rules(world& w) {
  auto everybody = std::make_shared<proxy::roster>(*proxy::roster_of_one(
      std::make_shared<s3::credentials const>(w.keys), proxy::unsigned_access::refused));
  auto& who = everybody->identities.at(w.keys.key_id.str());
  who.may = s3::identity::limit::by_rules;
  who.rules = {{.bucket = base::bucket_name("bucket"), .prefix = "own/", .write = true},
               {.bucket = base::bucket_name("bucket"), .prefix = "", .read = true, .list = true}};
  w.use_roster(everybody);
}

TEST(multi_delete_rights, keys_that_the_rules_cover_are_deleted) {
  world w;
  put_under_rules(w);
  auto const document = naming({"own/a", "own/b&amp;c", "own/&#100;"});
  EXPECT_EQ(remove(w, document).status, 200U);
  EXPECT_EQ(w.origin.requests().at(0).body, document);
}

TEST(multi_delete_rights, one_key_that_may_not_be_written_refuses_all_of_them) {
  world w;
  put_under_rules(w);
  for (auto const& keys : std::vector<std::vector<std::string>>{
           {"other"}, {"own/a", "other/b"}, {"other/a", "own/b"}, {"own"}, {"o&#119;n2/a"}, {""}}) {
    auto const got = remove(w, naming(keys));
    EXPECT_EQ(got.status, 403U) << keys[0];
    EXPECT_EQ(got.error_code(), "AccessDenied") << keys[0];
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(multi_delete_rights, a_document_that_others_may_read_differently_is_refused_under_rules) {
  using namespace std::string_literals;
  std::string utf_16 = "\xff\xfe"s;
  for (auto const c : naming({"other"})) {
    utf_16 += c;
    utf_16 += '\0';
  }
  for (auto const& document :
       {std::string("<Delete/>"), std::string("{}"), naming({"own/" + std::string(9000, 'x')}),
        naming({"own/&unknown;"}), naming({"<b/>own/a"}),
        "<?xml version='1.0' encoding='UTF-7'?>" + naming({"own/a"}),
        "<?xml version='1.0' encoding='ISO-8859-1'?>" + naming({"own/a"}), naming({"own/\xe4"}), utf_16,
        naming({"own/a"}) + "\0"s}) {
    world w;
    put_under_rules(w);
    auto const got = remove(w, document);
    EXPECT_EQ(got.status, 400U) << document.substr(0, 100);
    EXPECT_EQ(got.error_code(), "MalformedXML") << document.substr(0, 100);
    EXPECT_EQ(w.origin.count(), 0U) << document.substr(0, 100);
  }
  world w;
  put_under_rules(w);
  EXPECT_EQ(remove(w, "<?xml version=\"1.0\" encoding=\"utf-8\"?>" + naming({"own/\xc3\xa4"})).status, 200U);
}

TEST(multi_delete_rights, without_rules_the_store_is_the_judge) {
  world w;
  for (auto const& document : {naming({"any"}), std::string("{}"), naming({std::string(9000, 'x')})}) {
    EXPECT_EQ(remove(w, document).status, 200U);
  }
  EXPECT_EQ(w.origin.count(), 3U);
}

TEST(multi_delete_rights, a_document_beyond_the_bound_is_not_read) {
  world w({.adjust = [](proxy::limits& l) { l.delete_document_bytes = 1000; }});
  EXPECT_EQ(remove(w, naming({std::string(900, 'k')})).status, 200U);
  w.origin.forget_requests();
  auto const got = remove(w, naming({std::string(1000, 'k')}));
  EXPECT_EQ(got.status, 400U);
  EXPECT_EQ(got.error_code(), "MalformedXML");
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(multi_delete_rights, a_document_that_is_not_the_signed_one_is_not_forwarded) {
  world w;
  auto const got = w.ask({"POST", "/bucket?delete", {}, naming({"a"}), std::string(64, 'a')});
  EXPECT_EQ(got.error_code(), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(multi_delete_rights, a_document_is_forwarded_with_what_checks_it) {
  world w;
  auto const document = naming({"a"});
  EXPECT_EQ(w.ask({"POST",
                   "/bucket?delete",
                   {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}, {"x-amz-checksum-crc32", "AAAAAA=="}},
                   document,
                   "UNSIGNED-PAYLOAD"})
                .status,
            200U);
  auto const seen = w.origin.requests().at(0);
  EXPECT_EQ(seen.header("content-md5"), "1B2M2Y8AsgTpgAmY7PhCfg==");
  EXPECT_EQ(seen.header("x-amz-checksum-crc32"), "AAAAAA==");
  EXPECT_EQ(seen.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(seen.header("content-length"), std::to_string(document.size()));
  EXPECT_EQ(remove(w, document).status, 200U);
  EXPECT_EQ(w.origin.requests().at(1).header("x-amz-content-sha256"), base::to_hex(base::sha256(document)));
}

TEST(multi_delete_rights, a_long_document_arrives_whole) {
  world w({.adjust = [](proxy::limits& l) { l.relay_bytes = 4096; }});
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    keys.push_back(std::to_string(i) + std::string(1000, 'k'));
  }
  auto const document = naming(keys);
  EXPECT_EQ(remove(w, document).status, 200U);
  EXPECT_TRUE(w.origin.requests().at(0).body == document);
}

// Readers of XML disagree about where a declaration, a comment or an instruction ends: what we take for its
// inside may be an element to the store.
std::vector<std::string> const disguised{
    "<!DOCTYPE a [><Delete><Object><Key>other</Key></Object><!-- ]><Delete> -->"
    "<Object><Key>own/a</Key></Object></Delete>",
    "<Delete><!x [><Object><Key>other</Key></Object><!-- ]> --><Object><Key>own/a</Key></Object></Delete>",
    "<Delete><Object><Key>ow<!-- -->n/a</Key></Object></Delete>",
    "<Delete><?x > ?><Object><Key>own/a</Key></Object></Delete>",
};

TEST(multi_delete_rights, a_document_with_declarations_or_comments_is_refused_under_rules) {
  world w;
  put_under_rules(w);
  for (auto const& document : disguised) {
    EXPECT_EQ(remove(w, document).error_code(), "MalformedXML") << document;
  }
  EXPECT_EQ(w.origin.count(), 0U);
  EXPECT_EQ(remove(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + naming({"own/a"})).status, 200U);
}

TEST(multi_delete_rights, a_document_with_declarations_or_comments_may_delete_any_key) {
  for (auto const& document : disguised) {
    world w;
    w.origin.put_version("/bucket/other", 1, 1000);
    EXPECT_EQ(w.get("/bucket/other").status, 200U);
    EXPECT_EQ(remove(w, document).status, 200U);
    w.origin.remove("/bucket/other");
    EXPECT_EQ(w.get("/bucket/other").status, 404U) << document;
  }
}

}  // namespace
}  // namespace s3proxy::test
