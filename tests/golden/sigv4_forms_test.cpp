// Every other form of a signature: in the query, and with a body in chunks. Vectors of forms.py; here, too,
// nothing was made by our signer.

#include "s3proxy/s3/sigv4.hpp"

#include "told.hpp"
#include "vector_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

namespace s3proxy::s3 {
namespace {

credentials const example_key{base::access_key_id{"AKIAIOSFODNN7EXAMPLE"},
                              base::secret{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                              {}};

/// The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
std::string const documented_url =
    "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\r\n"
    "Host: examplebucket.s3.amazonaws.com\r\n\r\n";

TEST(documented_url, is_accepted_for_a_day_and_no_longer) {
  using namespace std::chrono_literals;
  auto const made = *http::parse_amz_date("20130524T000000Z");
  vector of{&example_key, made, documented_url, {}};
  for (auto const after : {-15min, 0min, 24h + 0min}) {
    of.clock = made + after;
    EXPECT_TRUE(judge(of, of.head));
  }
  of.clock = made + 24h + 1s;
  EXPECT_FALSE(judge(of, of.head));
}

TEST(documented_url, is_what_our_own_signer_writes) {
  http::header_list headers;
  headers.add("Host", "examplebucket.s3.amazonaws.com");
  signing_key_cache keys;
  auto const query = presign({"GET", "/test.txt", "", unsigned_payload_word, std::chrono::hours(24)}, headers,
                             example_key, "us-east-1", *http::parse_amz_date("20130524T000000Z"), keys);
  EXPECT_EQ("GET /test.txt?" + query + " HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\n\r\n",
            documented_url);
}

TEST(documented_chunks, continue_from_the_seed_that_verification_gives) {
  // The first chunk, 64 KiB of `a`, of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  std::string const raw =
      "PUT /examplebucket/chunkObject.txt HTTP/1.1\r\nHost: s3.amazonaws.com\r\n"
      "x-amz-date: 20130524T000000Z\r\nx-amz-storage-class: REDUCED_REDUNDANCY\r\n"
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
      "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
      "x-amz-decoded-content-length;x-amz-storage-class,"
      "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9\r\n"
      "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nContent-Encoding: aws-chunked\r\n"
      "x-amz-decoded-content-length: 66560\r\nContent-Length: 66824\r\n\r\n";
  auto const accepted = judge({&example_key, *http::parse_amz_date("20130524T000000Z"), raw, {}}, raw);
  ASSERT_TRUE(accepted) << accepted.error().message();
  auto const seed = std::get<streaming_payload>(accepted->payload).seed.value();
  auto const chunk = base::to_hex(base::sha256(std::string(65536, 'a')));
  auto const text = "AWS4-HMAC-SHA256-PAYLOAD\n" + seed.amz_date + "\n" + seed.scope + "\n" +
                    base::to_hex(seed.signature) + "\n" + std::string(empty_payload_hash) + "\n" + chunk;
  EXPECT_EQ(base::to_hex(base::hmac_sha256(seed.signing_key, text)),
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
}

std::vector<vector> const& vectors() {
  static std::ifstream in(S3PROXY_TEST_DATA "/sigv4_forms.txt");
  static vector_reader reader(in);
  static auto const all = [] {
    std::vector<vector> out;
    while (auto each = reader.next()) {
      out.push_back(std::move(*each));
    }
    return out;
  }();
  return all;
}

TEST(sigv4_forms, are_accepted_and_say_what_was_signed) {
  EXPECT_GE(vectors().size(), 140U);
  std::map<std::string, std::size_t> seen;
  for (auto const& each : vectors()) {
    auto const accepted = judge(each, each.head);
    ASSERT_TRUE(accepted) << accepted.error().message() << "\n" << each.head;
    EXPECT_EQ(told(*accepted), each.told) << each.head;
    EXPECT_EQ(std::get<base::access_key_id>(accepted->identity), each.key->key_id);
    auto const& form = each.told;
    ++seen[form.substr(0, std::min(form.find('=', form.find("sha256")), form.find(" length")))];
  }
  EXPECT_EQ(seen.size(), 4U) << "query or header, each in two ways";
}

TEST(sigv4_forms, are_refused_with_one_digit_of_the_signature_changed) {
  for (auto const& each : vectors()) {
    auto const at = each.head.find("Signature=") + 10;
    for (auto const offset : {std::size_t{0}, std::size_t{31}, std::size_t{63}}) {
      auto raw = each.head;
      raw[at + offset] = raw[at + offset] == '0' ? '1' : '0';
      ASSERT_FALSE(judge(each, raw)) << raw;
    }
  }
}

TEST(sigv4_forms, are_refused_for_another_key_of_the_bucket) {
  for (auto const& each : vectors()) {
    auto raw = each.head;
    raw.insert(raw.find("bucket") + 6, "x");
    ASSERT_FALSE(judge(each, raw)) << raw;
  }
}

/// What our signer is given: the fields that are neither its own nor the connection's.
http::header_list fields_to_sign(http::request_head const& head) {
  http::header_list out;
  for (auto const& [name, value] : head.fields) {
    out.add(name, value);
  }
  return out;
}

TEST(sigv4_forms, get_the_signature_of_others_from_our_signer) {
  std::size_t compared = 0;
  for (auto const& each : vectors()) {
    auto const head = http::parse_request_head(each.head);
    auto const query = http::query_list::parse(head->query);
    auto const theirs = parse_presigned(*query);
    auto const is_botocores = theirs && !query->contains("X-Amz-Content-Sha256");
    if (!is_botocores) {
      continue;
    }
    auto headers = fields_to_sign(*head);
    auto const word = head->fields.find("x-amz-content-sha256").value_or(unsigned_payload_word);
    auto const rest = without_signature(head->query, signature_place::query);
    signing_key_cache keys;
    auto const ours =
        http::query_list::parse(presign({head->method_text, head->path, rest, word, theirs->lifetime},
                                        headers, *each.key, theirs->claim.scope.region, theirs->at, keys));
    auto const read = parse_presigned(*ours);
    ASSERT_TRUE(read);
    if (read->claim.signed_headers_text == theirs->claim.signed_headers_text) {
      EXPECT_EQ(base::to_hex(read->claim.signature), base::to_hex(theirs->claim.signature)) << each.head;
      ++compared;
    }
  }
  EXPECT_GE(compared, 25U);
}

}  // namespace
}  // namespace s3proxy::s3
