// Requests signed by others, with stages and signatures that others computed: nothing here was made by our
// signer.

#include "s3proxy/s3/sigv4.hpp"

#include "vector_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace s3proxy::s3 {
namespace {

credentials const example_key{base::access_key_id{"AKIAIOSFODNN7EXAMPLE"},
                              base::secret{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                              {}};

/// An example of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, stage by
/// stage.
struct documented {
  std::string_view name;
  std::string_view request_line;
  std::string_view fields;  ///< as they come, before `Authorization`
  std::string_view signed_headers;
  std::string_view canonical;
  std::string_view canonical_hash;
  std::string_view signature;
};

constexpr std::string_view documented_date = "20130524T000000Z";

documented const examples[] = {
    {"get_object_with_a_range", "GET /test.txt HTTP/1.1",
     "Host: examplebucket.s3.amazonaws.com\r\n"
     "Range: bytes=0-9\r\n"
     "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
     "x-amz-date: 20130524T000000Z\r\n",
     "host;range;x-amz-content-sha256;x-amz-date",
     "GET\n"
     "/test.txt\n"
     "\n"
     "host:examplebucket.s3.amazonaws.com\n"
     "range:bytes=0-9\n"
     "x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
     "x-amz-date:20130524T000000Z\n"
     "\n"
     "host;range;x-amz-content-sha256;x-amz-date\n"
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"put_object", "PUT /test$file.text HTTP/1.1",
     "Host: examplebucket.s3.amazonaws.com\r\n"
     "Date: Fri, 24 May 2013 00:00:00 GMT\r\n"
     "Content-Length: 21\r\n"
     "x-amz-date: 20130524T000000Z\r\n"
     "x-amz-storage-class: REDUCED_REDUNDANCY\r\n"
     "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\r\n",
     "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
     "PUT\n"
     "/test%24file.text\n"
     "\n"
     "date:Fri, 24 May 2013 00:00:00 GMT\n"
     "host:examplebucket.s3.amazonaws.com\n"
     "x-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n"
     "x-amz-date:20130524T000000Z\n"
     "x-amz-storage-class:REDUCED_REDUNDANCY\n"
     "\n"
     "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n"
     "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
     "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"get_bucket_lifecycle", "GET /?lifecycle HTTP/1.1",
     "Host: examplebucket.s3.amazonaws.com\r\n"
     "x-amz-date: 20130524T000000Z\r\n"
     "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n",
     "host;x-amz-content-sha256;x-amz-date",
     "GET\n"
     "/\n"
     "lifecycle=\n"
     "host:examplebucket.s3.amazonaws.com\n"
     "x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
     "x-amz-date:20130524T000000Z\n"
     "\n"
     "host;x-amz-content-sha256;x-amz-date\n"
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"list_objects", "GET /?max-keys=2&prefix=J HTTP/1.1",
     "Host: examplebucket.s3.amazonaws.com\r\n"
     "x-amz-date: 20130524T000000Z\r\n"
     "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n",
     "host;x-amz-content-sha256;x-amz-date",
     "GET\n"
     "/\n"
     "max-keys=2&prefix=J\n"
     "host:examplebucket.s3.amazonaws.com\n"
     "x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
     "x-amz-date:20130524T000000Z\n"
     "\n"
     "host;x-amz-content-sha256;x-amz-date\n"
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    // The heads of .../API/sigv4-streaming.html and .../API/sigv4-streaming-trailers.html.
    {"upload_in_signed_chunks", "PUT /examplebucket/chunkObject.txt HTTP/1.1",
     "Host: s3.amazonaws.com\r\n"
     "x-amz-date: 20130524T000000Z\r\n"
     "x-amz-storage-class: REDUCED_REDUNDANCY\r\n"
     "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\n"
     "Content-Encoding: aws-chunked\r\n"
     "x-amz-decoded-content-length: 66560\r\n"
     "Content-Length: 66824\r\n",
     "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-"
     "amz-storage-class",
     "PUT\n"
     "/examplebucket/chunkObject.txt\n"
     "\n"
     "content-encoding:aws-chunked\n"
     "content-length:66824\n"
     "host:s3.amazonaws.com\n"
     "x-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n"
     "x-amz-date:20130524T000000Z\n"
     "x-amz-decoded-content-length:66560\n"
     "x-amz-storage-class:REDUCED_REDUNDANCY\n"
     "\n"
     "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-"
     "amz-storage-class\n"
     "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
     "cee3fed04b70f867d036f722359b0b1f2f0e5dc0efadbc082b76c4c60e316455",
     "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"},
    {"upload_with_a_signed_trailer", "PUT /examplebucket/chunkObject.txt HTTP/1.1",
     "Host: s3.amazonaws.com\r\n"
     "x-amz-date: 20130524T000000Z\r\n"
     "x-amz-storage-class: REDUCED_REDUNDANCY\r\n"
     "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\r\n"
     "Content-Encoding: aws-chunked\r\n"
     "x-amz-decoded-content-length: 66560\r\n"
     "x-amz-trailer: x-amz-checksum-crc32c\r\n"
     "Content-Length: 66824\r\n",
     "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;"
     "x-amz-trailer",
     "PUT\n"
     "/examplebucket/chunkObject.txt\n"
     "\n"
     "content-encoding:aws-chunked\n"
     "host:s3.amazonaws.com\n"
     "x-amz-content-sha256:STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\n"
     "x-amz-date:20130524T000000Z\n"
     "x-amz-decoded-content-length:66560\n"
     "x-amz-storage-class:REDUCED_REDUNDANCY\n"
     "x-amz-trailer:x-amz-checksum-crc32c\n"
     "\n"
     "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;"
     "x-amz-trailer\n"
     "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
     "44d48b8c2f70eae815a0198cc73d7a546a73a93359c070abbaa5e6c7de112559",
     "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"},
};

class documented_example : public testing::TestWithParam<documented> {
 protected:
  static std::string raw_head() {
    auto const& example = GetParam();
    return std::string(example.request_line) + "\r\n" + std::string(example.fields) +
           "Authorization: AWS4-HMAC-SHA256 "
           "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
           "SignedHeaders=" + std::string(example.signed_headers) +
           ",Signature=" + std::string(example.signature) + "\r\n\r\n";
  }
};

TEST_P(documented_example, has_the_documented_canonical_request) {
  auto const raw = raw_head();
  auto const head = http::parse_request_head(raw);
  ASSERT_TRUE(head);
  auto const given = parse_authorization(*head->fields.find("authorization"));
  ASSERT_TRUE(given);
  auto const canonical =
      canonical_request({head->method_text, head->path, head->query, head->fields, given->signed_headers,
                         given->signed_headers_text, *head->fields.find("x-amz-content-sha256")});
  EXPECT_EQ(canonical, GetParam().canonical);
}

TEST_P(documented_example, has_the_documented_string_to_sign) {
  credential_scope const scope{example_key.key_id, "20130524", "us-east-1", "s3"};
  EXPECT_EQ(string_to_sign(documented_date, scope, GetParam().canonical),
            "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n" +
                std::string(GetParam().canonical_hash));
}

TEST_P(documented_example, has_the_documented_signature) {
  auto const key = derive_signing_key(example_key.secret_key, "20130524", "us-east-1", "s3");
  auto const text = "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n" +
                    std::string(GetParam().canonical_hash);
  EXPECT_EQ(base::to_hex(base::hmac_sha256(key, text)), GetParam().signature);
}

TEST_P(documented_example, is_accepted) {
  auto const raw = raw_head();
  auto const head = http::parse_request_head(raw);
  ASSERT_TRUE(head);
  signing_key_cache keys;
  auto const accepted = verify(
      *head, {.find_key = only(&example_key), .now = *http::parse_amz_date(documented_date), .keys = &keys});
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_EQ(std::get<base::access_key_id>(accepted->identity), example_key.key_id);
}

INSTANTIATE_TEST_SUITE_P(sigv4, documented_example, testing::ValuesIn(examples),
                         [](auto const& info) { return std::string(info.param.name); });

/// Those of sigv4_vectors.txt.
std::vector<vector> const& vectors() {
  static std::ifstream in(S3PROXY_TEST_DATA "/sigv4_vectors.txt");
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

TEST(sigv4_vectors, are_many) {
  EXPECT_GE(vectors().size(), 500U);
}

TEST(sigv4_vectors, are_accepted_as_botocore_signed_them) {
  for (auto const& each : vectors()) {
    auto const accepted = judge(each, each.head);
    ASSERT_TRUE(accepted) << accepted.error().message() << "\n" << each.head;
    EXPECT_EQ(std::get<base::access_key_id>(accepted->identity), each.key->key_id);
  }
}

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Another byte of the same kind (and a hexadecimal digit for one), so that only the signature can tell.
char flipped(char c) {
  static std::string_view const ends = "9zZfF";
  return static_cast<char>(ends.find(c) != ends.npos ? c - 1 : c + 1);
}

/// The offsets in `raw` of the letters and digits of `part`, a view into it, but for those of percent
/// escapes, where another byte may mean the same.
std::vector<std::size_t> flippable(std::string const& raw, std::string_view part) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '%') {
      i += 2;
    } else if (is_letter_or_digit(part[i])) {
      out.push_back(static_cast<std::size_t>(part.data() - raw.data()) + i);
    }
  }
  return out;
}

/// The signed parts of a head, named: path, query, each signed header's value, the signature.
std::map<std::string, std::string_view> covered_parts(http::request_head const& head) {
  std::map<std::string, std::string_view> parts{{"path", head.path}, {"query", head.query}};
  auto const text = *head.fields.find("authorization");
  auto const given = parse_authorization(text);
  for (auto const name : given->signed_headers) {
    parts["header " + std::string(name)] = *head.fields.find(name);
  }
  parts["signature"] = text.substr(text.find("Signature=") + 10, 64);
  return parts;
}

TEST(sigv4_vectors, are_refused_after_any_change_of_a_covered_part) {
  std::map<std::string, std::size_t> changed;
  std::size_t turn = 0;
  for (auto const& each : vectors()) {
    auto const head = http::parse_request_head(each.head);
    ASSERT_TRUE(head);
    for (auto const& [name, part] : covered_parts(*head)) {
      auto const offsets = flippable(each.head, part);
      if (offsets.empty()) {
        continue;
      }
      auto raw = each.head;
      auto& byte = raw[offsets[turn++ * 7 % offsets.size()]];
      byte = flipped(byte);
      ASSERT_FALSE(judge(each, raw)) << "a changed " << name << " was accepted:\n" << raw;
      ++changed[name];
    }
  }
  EXPECT_GE(changed["path"], 500U);
  EXPECT_GE(changed["signature"], 500U);
  EXPECT_GE(changed["header host"], 500U);
  EXPECT_GE(changed["query"], 300U);
  EXPECT_GE(changed["header range"], 100U);
}

TEST(sigv4_vectors, are_refused_with_any_signed_header_taken_out) {
  for (auto const& each : vectors()) {
    auto const head = http::parse_request_head(each.head);
    auto const given = parse_authorization(*head->fields.find("authorization"));
    for (auto const& field : head->fields) {
      auto const name = http::to_lower(field.name);
      if (std::find(given->signed_headers.begin(), given->signed_headers.end(), name) ==
          given->signed_headers.end()) {
        continue;
      }
      auto const start = static_cast<std::size_t>(field.name.data() - each.head.data());
      auto raw = each.head;
      raw.erase(start, raw.find("\r\n", start) + 2 - start);
      ASSERT_FALSE(judge(each, raw)) << "accepted without " << name << ":\n" << raw;
    }
  }
}

/// What our signer is given: the fields that are neither its own nor the connection's.
http::header_list fields_to_sign(http::request_head const& head) {
  static std::set<std::string> const own{"authorization", "x-amz-date", "x-amz-content-sha256",
                                         "x-amz-security-token"};
  http::header_list out;
  for (auto const& [name, value] : head.fields) {
    if (!own.contains(http::to_lower(name))) {
      out.add(name, value);
    }
  }
  return out;
}

TEST(sigv4_vectors, get_the_signature_of_botocore_from_our_signer) {
  signing_key_cache keys;
  std::size_t compared = 0;
  for (auto const& each : vectors()) {
    auto const head = http::parse_request_head(each.head);
    auto const theirs = parse_authorization(*head->fields.find("authorization"));
    auto const date = head->fields.find("x-amz-date");
    if (!date) {
      continue;  // signed by Date, which we never do
    }
    auto headers = fields_to_sign(*head);
    sign(head->method_text, head->path, head->query, headers, *each.key, theirs->scope.region,
         *head->fields.find("x-amz-content-sha256"), *http::parse_amz_date(*date), keys);
    auto const ours = parse_authorization(*headers.find("authorization"));
    ASSERT_TRUE(ours);
    if (ours->signed_headers_text == theirs->signed_headers_text) {
      EXPECT_EQ(base::to_hex(ours->signature), base::to_hex(theirs->signature)) << each.head;
      ++compared;
    }
  }
  EXPECT_GE(compared, 100U);
}

}  // namespace
}  // namespace s3proxy::s3
