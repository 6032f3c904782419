#include "s3proxy/s3/document_scanner.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::s3 {
namespace {

using namespace std::chrono_literals;

enum class asked { for_plain_keys, for_url_encoding };

std::string line(listed_object const& object) {
  auto const time = object.last_modified ? http::format_iso_date(*object.last_modified) : "-";
  return object.key.str() + " " + object.tag.str() + " " + std::to_string(object.size) + " " + time;
}

std::vector<std::string> scan_list(std::vector<std::string_view> const& pieces,
                                   asked how = asked::for_plain_keys) {
  std::vector<std::string> out;
  list_scanner scanner([&](listed_object const& object) { out.push_back(line(object)); });
  if (how == asked::for_url_encoding) {
    scanner.expect_url_encoding();
  }
  for (auto const piece : pieces) {
    scanner.feed(piece);
  }
  return out;
}

using lines = std::vector<std::string>;

std::string entry(std::string const& key, std::string const& tag = "&quot;t&quot;",
                  std::string const& size = "1") {
  return "<Contents><Key>" + key + "</Key><LastModified>2013-05-24T00:00:00.000Z</LastModified><ETag>" + tag +
         "</ETag><Size>" + size + "</Size><StorageClass>STANDARD</StorageClass></Contents>";
}

std::string listing(std::string const& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name>"
         "<Prefix>p</Prefix><KeyCount>2</KeyCount>" +
         inside + "<CommonPrefixes><Prefix>p/q/</Prefix></CommonPrefixes></ListBucketResult>";
}

std::string const encoding_is_url = "<EncodingType>url</EncodingType>";

TEST(list_scanner, reports_what_a_listing_says_of_each_object) {
  auto const text = listing(
      entry("a/b.parquet", "&quot;0f3a-2&quot;", "1048576") +
      "<Contents>\n  <ETag>\"x\"</ETag>\n  <Owner><ID>me</ID><Key>not this</Key></Owner><Size>0</Size>"
      "<Key><![CDATA[c&d]]></Key>\n</Contents>" +
      entry("e", "&#34;y&#34;"));
  EXPECT_EQ(scan_list({text}), (lines{"a/b.parquet \"0f3a-2\" 1048576 2013-05-24T00:00:00Z", "c&d \"x\" 0 -",
                                      "e \"y\" 1 2013-05-24T00:00:00Z"}));
}

TEST(list_scanner, reports_the_same_however_the_listing_is_split) {
  auto const text = listing(encoding_is_url + entry("a%20b%2Bc+d&amp;e") + "<!-- <Contents> -->" +
                            entry("&#x66;", "&quot;\xC3\xBC&quot;", "18446744073"));
  std::string_view const view = text;
  auto const whole = scan_list({view});
  ASSERT_EQ(whole.size(), 2U);
  for (std::size_t cut = 0; cut <= view.size(); ++cut) {
    EXPECT_EQ(scan_list({view.substr(0, cut), view.substr(cut)}), whole) << "cut at " << cut;
  }
}

TEST(list_scanner, reports_an_object_before_the_last_byte_of_its_entry_is_handed_on) {
  std::size_t reported = 0;
  list_scanner scanner([&](listed_object const&) { ++reported; });
  auto const text = listing(entry("a") + entry("b"));
  std::string_view const view = text;
  std::size_t passed = 0;
  for (std::size_t i = 0; i < view.size(); ++i) {
    EXPECT_EQ(reported, passed) << "before byte " << i;
    scanner.feed(view.substr(i, 1));
    passed += view.substr(0, i + 1).ends_with("</Contents>") ? 1 : 0;
    EXPECT_EQ(reported, passed) << "behind byte " << i;
  }
  EXPECT_EQ(reported, 2U);
}

TEST(list_scanner, gives_every_tag_its_quotes) {
  EXPECT_EQ(scan_list({listing(entry("k", "abc-1"))}), (lines{"k \"abc-1\" 1 2013-05-24T00:00:00Z"}));
  EXPECT_EQ(scan_list({listing(entry("k", "W/&quot;abc&quot;"))}),
            (lines{"k W/\"abc\" 1 2013-05-24T00:00:00Z"}));
}

TEST(list_scanner, decodes_keys_once_the_answer_says_that_they_are_encoded) {
  auto const text = listing(encoding_is_url + entry("a+b%2B%2541"));
  lines const expected{"a b+%41 \"t\" 1 2013-05-24T00:00:00Z"};
  EXPECT_EQ(scan_list({text}), expected);
  EXPECT_EQ(scan_list({text}, asked::for_url_encoding), expected);
  EXPECT_EQ(scan_list({listing(entry("a+b%2B%2541"))}), (lines{"a+b%2B%2541 \"t\" 1 2013-05-24T00:00:00Z"}));
}

TEST(list_scanner, reports_a_key_both_ways_while_its_encoding_is_asked_for_and_not_confirmed) {
  auto const text = listing(entry("plain") + entry("a+b") + encoding_is_url);
  EXPECT_EQ(scan_list({text}, asked::for_url_encoding),
            (lines{"plain \"t\" 1 2013-05-24T00:00:00Z", "a+b \"t\" 1 2013-05-24T00:00:00Z",
                   "a b \"t\" 1 2013-05-24T00:00:00Z"}));
}

TEST(list_scanner, takes_a_key_that_does_not_decode_as_it_is) {
  EXPECT_EQ(scan_list({listing(encoding_is_url + entry("100%"))}),
            (lines{"100% \"t\" 1 2013-05-24T00:00:00Z"}));
}

TEST(list_scanner, does_not_report_an_entry_that_lacks_something_or_is_in_doubt) {
  std::string const key = "<Key>k</Key>";
  std::string const tag = "<ETag>t</ETag>";
  std::string const size = "<Size>1</Size>";
  for (auto const& inside :
       {tag + size, key + size, key + tag, "<Key/>" + tag + size, key + "<ETag/>" + size,
        key + tag + "<Size>-1</Size>", key + tag + "<Size>1 </Size>", key + key + tag + size,
        "<Key>&unknown;</Key>" + tag + size, "<Key>a<b/>c</Key>" + tag + size,
        "<Key>" + std::string(9000, 'k') + "</Key>" + tag + size}) {
    auto const text = listing("<Contents>" + inside + "</Contents>" + entry("next"));
    EXPECT_EQ(scan_list({text}), (lines{"next \"t\" 1 2013-05-24T00:00:00Z"})) << inside.substr(0, 100);
  }
}

std::string version(std::string const& key, std::string const& latest, std::string const& tag = "t") {
  return "<Version><ETag>" + tag + "</ETag><Size>1</Size><Key>" + key + "</Key><VersionId>v</VersionId>" +
         (latest.empty() ? "" : "<IsLatest>" + latest + "</IsLatest>") +
         "<LastModified>2013-05-24T00:00:00.000Z</LastModified></Version>";
}

TEST(list_scanner, reports_the_latest_of_the_versions_of_a_key) {
  auto const text = "<ListVersionsResult><EncodingType>url</EncodingType>" + version("a%20b", "true", "t2") +
                    version("a%20b", "false", "t1") + version("c", "") + version("d", "TRUE") +
                    "<DeleteMarker><Key>e</Key><IsLatest>true</IsLatest></DeleteMarker>" +
                    version("f", "true") + "</ListVersionsResult>";
  lines const expected{"a b \"t2\" 1 2013-05-24T00:00:00Z", "f \"t\" 1 2013-05-24T00:00:00Z"};
  std::string_view const view = text;
  for (std::size_t cut = 0; cut <= view.size(); ++cut) {
    EXPECT_EQ(scan_list({view.substr(0, cut), view.substr(cut)}), expected) << "cut at " << cut;
  }
}

storage_class class_in(std::string const& said) {
  auto found = storage_class::other;
  std::size_t entries = 0;
  list_scanner scanner([&](listed_object const& object) {
    found = object.storage_class;
    ++entries;
  });
  scanner.feed(listing("<Contents><StorageClass>GLACIER</StorageClass></Contents><Contents><Key>k</Key>" +
                       said + "<ETag>t</ETag><Size>1</Size></Contents>"));
  EXPECT_EQ(entries, 1U) << said;
  return found;
}

TEST(list_scanner, says_where_the_store_keeps_an_object) {
  EXPECT_EQ(class_in(""), storage_class::standard);
  EXPECT_EQ(class_in("<StorageClass/>"), storage_class::standard);
  EXPECT_EQ(class_in("<StorageClass>STANDARD</StorageClass>"), storage_class::standard);
  EXPECT_EQ(class_in("<StorageClass>EXPRESS_ONEZONE</StorageClass>"), storage_class::express_onezone);
  EXPECT_EQ(class_in("<StorageClass>GLACIER</StorageClass>"), storage_class::other);
  EXPECT_EQ(class_in("<Owner><StorageClass>GLACIER</StorageClass></Owner>"), storage_class::standard);
}

TEST(list_scanner, a_storage_class_in_doubt_is_no_quick_one_and_spoils_no_evidence) {
  std::string const standard = "<StorageClass>STANDARD</StorageClass>";
  EXPECT_EQ(class_in(standard + standard), storage_class::other);
  EXPECT_EQ(class_in("<StorageClass>STANDARD&unknown;</StorageClass>"), storage_class::other);
}

TEST(list_scanner, reads_nothing_from_other_documents) {
  EXPECT_TRUE(scan_list({"<Error><Contents>" + entry("k") + "</Contents></Error>"}).empty());
  EXPECT_TRUE(scan_list({"<ListVersionsResult>" + entry("k") + "</ListVersionsResult>"}).empty());
  EXPECT_TRUE(scan_list({entry("k")}).empty());
}

std::vector<std::string> scan_deletes(std::vector<std::string_view> const& pieces) {
  std::vector<std::string> out;
  delete_scanner scanner(
      [&](std::string_view key, bool cut_off) { out.push_back(std::string(key) + (cut_off ? "~" : "")); });
  for (auto const piece : pieces) {
    scanner.feed(piece);
  }
  return out;
}

TEST(delete_scanner, reports_the_key_of_each_object_however_the_request_is_split) {
  std::string_view const text =
      "<Delete xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Quiet>true</Quiet><Object><Key>a &amp; "
      "b</Key></Object>"
      "<Object><VersionId>v</VersionId><Key>c&#13;</Key><ETag>x</ETag></Object><Object><Key>d+%20</Key></"
      "Object></Delete>";
  lines const expected{"a & b", "c\r", "d+%20"};
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(scan_deletes({text.substr(0, cut), text.substr(cut)}), expected) << "cut at " << cut;
  }
}

TEST(delete_scanner, says_when_a_key_may_be_any_key) {
  std::string const longest(9000, 'k');
  auto const found =
      scan_deletes({"<Delete><Object><Key>", longest,
                    "</Key></Object><Object><Key>&k;</Key></Object><Object><Key>a<b/>c</Key></Object>"});
  ASSERT_EQ(found.size(), 3U);
  for (auto const& key : found) {
    EXPECT_TRUE(key.ends_with("~")) << key.substr(0, 20);
  }
}

TEST(delete_scanner, does_not_ask_for_the_name_of_the_root) {
  EXPECT_EQ(scan_deletes({"<x:Anything><x:Object><x:Key>k</x:Key></x:Object></x:Anything>"}), (lines{"k"}));
  EXPECT_TRUE(scan_deletes({"<Delete><Key>k</Key></Delete>"}).empty());
}

TEST(delete_scanner, reports_a_key_before_the_last_byte_of_its_element_is_handed_on) {
  lines found;
  delete_scanner scanner([&](std::string_view key, bool) { found.emplace_back(key); });
  scanner.feed("<Delete><Object><Key>k</Key");
  EXPECT_TRUE(found.empty());
  scanner.feed(">");
  EXPECT_EQ(found, (lines{"k"}));
}

}  // namespace
}  // namespace s3proxy::s3
