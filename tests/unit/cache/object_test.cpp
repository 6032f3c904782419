#include "s3proxy/cache/object.hpp"

#include "s3proxy/cache/cells.hpp"

#include "known_object.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace s3proxy::cache {
namespace {

using known_object::identity_of;
using fields = std::vector<std::pair<std::string_view, std::string_view>>;

http::header_list list_of(fields const& lines) {
  http::header_list out;
  for (auto const& [name, value] : lines) {
    out.add(name, value);
  }
  return out;
}

/// A storable answer, and `more`.
http::header_list plain_with(fields const& more) {
  fields lines{{"ETag", "\"a\""}, {"Content-Type", "text/csv"}};
  lines.insert(lines.end(), more.begin(), more.end());
  return list_of(lines);
}

told kept(http::header_list const& headers, answer_kind kind = answer_kind::whole) {
  auto read = read_answer(headers, 1000, kind);
  auto const* what = std::get_if<told>(&read);
  EXPECT_TRUE(what);
  return what ? *what : told{};
}

std::optional<not_storable> refused(http::header_list const& headers,
                                    std::optional<base::byte_count> size = 1000) {
  for (auto const kind : {answer_kind::whole, answer_kind::part}) {
    auto const read = read_answer(headers, size, kind);
    if (auto const* why = std::get_if<not_storable>(&read)) {
      return *why;
    }
  }
  return std::nullopt;
}

TEST(object, an_answer_without_a_strong_tag_is_not_kept) {
  for (auto const* tag : {"W/\"a\"", "", "\"\"", "\"", "a", "\"a", "a\"", "w/\"a\""}) {
    EXPECT_EQ(refused(list_of({{"ETag", tag}})), not_storable::no_strong_tag) << tag;
  }
  EXPECT_EQ(refused(list_of({{"Content-Type", "text/csv"}})), not_storable::no_strong_tag);
  for (auto const* tag : {"\"a\"", "\"0f3a-2\"", "\"W/\""}) {
    EXPECT_EQ(refused(list_of({{"etag", tag}})), std::nullopt) << tag;
  }
}

TEST(object, an_answer_of_unknown_size_is_not_kept) {
  EXPECT_EQ(refused(plain_with({}), std::nullopt), not_storable::no_size);
  EXPECT_EQ(refused(plain_with({}), 0), std::nullopt) << "an empty object is an object";
}

TEST(object, no_store_is_obeyed) {
  for (auto const* value : {"no-store", "No-Store", "private, no-store", "max-age=60,NO-STORE"}) {
    EXPECT_EQ(refused(plain_with({{"Cache-Control", value}})), not_storable::no_store) << value;
  }
  for (auto const* value : {"no-cache", "private", "max-age=0", "no-transform", ""}) {
    EXPECT_EQ(refused(plain_with({{"cache-control", value}})), std::nullopt) << value;
  }
}

TEST(object, an_answer_under_a_customers_key_is_not_kept) {
  EXPECT_EQ(refused(plain_with({{"X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"}})),
            not_storable::customer_key);
  EXPECT_EQ(refused(plain_with({{"x-amz-server-side-encryption", "aws:kms"}})), std::nullopt);
}

TEST(object, the_identity_is_tag_size_and_version) {
  auto const what = kept(plain_with({{"x-amz-version-id", "v7"}}));
  EXPECT_EQ(what.id.tag.str(), "\"a\"");
  EXPECT_EQ(what.id.size, 1000U);
  EXPECT_EQ(what.id.version, base::version_id("v7"));
}

TEST(object, no_version_id_is_known_and_not_untold) {
  EXPECT_EQ(kept(plain_with({})).id.version, base::version_id(""));
}

TEST(object, the_date_is_read_when_it_is_one) {
  EXPECT_EQ(kept(plain_with({{"Last-Modified", "Fri, 01 Mar 2024 00:00:00 GMT"}})).last_modified,
            known_object::written);
  EXPECT_EQ(kept(plain_with({{"Last-Modified", "yesterday"}})).last_modified, std::nullopt);
  EXPECT_EQ(kept(plain_with({})).last_modified, std::nullopt);
}

TEST(object, fields_of_one_message_are_dropped) {
  auto const what = kept(plain_with({{"Content-Length", "1000"},
                                     {"content-range", "bytes 0-9/1000"},
                                     {"Date", "Fri, 01 Mar 2024 00:00:00 GMT"},
                                     {"X-Amz-Request-Id", "1"},
                                     {"x-amz-id-2", "2"},
                                     {"Age", "3"},
                                     {"Cache-Status", "other; hit"},
                                     {"Set-Cookie", "lb=1"},
                                     {"Alt-Svc", "h3"},
                                     {"Connection", "keep-alive"},
                                     {"Keep-Alive", "timeout=5"},
                                     {"Transfer-Encoding", "chunked"}}));
  EXPECT_EQ(what.headers->rendered, "ETag: \"a\"\r\nContent-Type: text/csv\r\n");
  EXPECT_EQ(what.headers->fields, plain_with({}));
}

TEST(object, all_other_fields_are_kept_as_they_were_sent) {
  fields const more{{"Last-Modified", "yesterday"},
                    {"x-amz-meta-b", "\xc3\xa9"},
                    {"x-amz-meta-b", "again"},
                    {"X-Amz-Server-Side-Encryption", "AES256"},
                    {"x-amz-version-id", "v1"},
                    {"Accept-Ranges", "bytes"},
                    {"x-unheard-of", ""}};
  auto const what = kept(plain_with(more));
  EXPECT_EQ(what.headers->fields, plain_with(more));
  std::string lines;
  for (auto const& [name, value] : plain_with(more)) {
    lines += name + ": " + value + "\r\n";
  }
  EXPECT_EQ(what.headers->rendered, lines);
}

TEST(object, checksums_of_the_whole_are_kept_apart) {
  auto const what =
      kept(plain_with({{"X-Amz-Checksum-CRC32", "AAAAAA=="}, {"x-amz-checksum-type", "FULL_OBJECT"}}));
  EXPECT_EQ(what.headers->fields, plain_with({}));
  EXPECT_EQ(what.headers->checksums,
            list_of({{"X-Amz-Checksum-CRC32", "AAAAAA=="}, {"x-amz-checksum-type", "FULL_OBJECT"}}));
  EXPECT_EQ(what.headers->rendered_checksums,
            "X-Amz-Checksum-CRC32: AAAAAA==\r\nx-amz-checksum-type: FULL_OBJECT\r\n");
  EXPECT_TRUE(what.headers->checksums_known);
}

TEST(object, no_checksums_on_a_whole_answer_is_knowledge_too) {
  EXPECT_TRUE(kept(plain_with({})).headers->checksums_known);
}

TEST(object, checksums_of_a_part_are_dropped) {
  auto const what = kept(plain_with({{"x-amz-checksum-crc32", "AAAAAA=="}}), answer_kind::part);
  EXPECT_FALSE(what.headers->checksums_known);
  EXPECT_TRUE(what.headers->checksums.empty());
  EXPECT_TRUE(what.headers->rendered_checksums.empty());
  EXPECT_EQ(what.headers->fields, plain_with({}));
}

TEST(object, two_identities_are_the_same_bytes_when_nothing_tells_them_apart) {
  struct {
    identity a, b;
    bool same;
  } const table[] = {
      {identity_of("\"a\""), identity_of("\"a\""), true},
      {identity_of("\"a\""), identity_of("\"b\""), false},
      {identity_of("\"a\"", 5), identity_of("\"a\"", 6), false},
      {identity_of("\"a\"", 5, "v1"), identity_of("\"a\"", 5, "v1"), true},
      {identity_of("\"a\"", 5, "v1"), identity_of("\"a\"", 5, "v2"), false},
      {identity_of("\"a\"", 5, "v1"), identity_of("\"a\"", 5, ""), false},
      {identity_of("\"a\"", 5, "v1"), identity_of("\"a\"", 5, std::nullopt), true},
      {identity_of("\"a\"", 5, "null"), identity_of("\"b\"", 5, "null"), false},
      {identity_of("\"a\"", 5, std::nullopt), identity_of("\"b\"", 5, "v1"), false},
  };
  for (auto const& row : table) {
    EXPECT_EQ(same_version(row.a, row.b), row.same) << &row - table;
    EXPECT_EQ(same_version(row.b, row.a), row.same) << &row - table;
  }
}

TEST(object, a_version_that_is_named_is_another_object_than_the_current_one) {
  auto const current = known_object::id;
  auto null_version = current;
  null_version.version = base::version_id("null");
  auto empty_version = current;
  empty_version.version = base::version_id("");
  EXPECT_FALSE(current == null_version);
  EXPECT_FALSE(current == empty_version);
  object_id_hash const hash;
  EXPECT_NE(hash(current), hash(null_version));
  EXPECT_EQ(hash(null_version), hash(object_id(null_version)));
}

TEST(object, bucket_and_key_do_not_run_together_in_the_hash) {
  object_id_hash const hash;
  object_id const a{base::bucket_name("ab"), base::object_key("c"), std::nullopt};
  object_id const b{base::bucket_name("a"), base::object_key("bc"), std::nullopt};
  object_id const c{base::bucket_name("c"), base::object_key("ab"), std::nullopt};
  EXPECT_NE(hash(a), hash(b));
  EXPECT_NE(hash(a), hash(c));
}

TEST(object, the_tail_of_a_columnar_file_is_every_block_that_its_last_512_kib_reach) {
  object_facts facts;
  facts.form = object_form::columnar;
  for (auto const& [size, first] :
       std::vector<std::pair<base::byte_count, std::uint64_t>>{{10 * block_size, 8},
                                                               {10 * block_size + 1, 8},
                                                               {10 * block_size - 1, 7},
                                                               {tail_length, 0},
                                                               {1, 0}}) {
    facts.id.size = size;
    EXPECT_TRUE(has_tail(facts, first)) << size;
    EXPECT_TRUE(first == 0 || !has_tail(facts, first - 1)) << size;
  }
  facts.form = object_form::other;
  EXPECT_FALSE(has_tail(facts, 0));
}

}  // namespace
}  // namespace s3proxy::cache
