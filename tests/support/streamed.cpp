#include "support/streamed.hpp"

#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/s3/aws_chunked.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include <algorithm>

namespace s3proxy::test {
namespace {

std::string payload_word(streamed const& what) {
  if (what.lines == streamed::signing::none) {
    return what.trailer.empty() ? "UNSIGNED-PAYLOAD" : "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  }
  return std::string("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") + (what.trailer.empty() ? "" : "-TRAILER");
}

/// What the chunks' signatures continue from, read off the signed head.
s3::chunk_seed seed_of(std::string const& head, s3::credentials const& keys) {
  auto const between = [&](std::string const& from, std::string const& to) {
    auto const begin = head.find(from) + from.size();
    return head.substr(begin, head.find(to, begin) - begin);
  };
  auto const scope = between("Credential=" + keys.key_id.str() + "/", ",");
  return {s3::derive_signing_key(keys.secret_key, scope.substr(0, 8), "us-east-1", "s3"),
          between("x-amz-date: ", "\r\n"), scope, *base::digest_from_hex(between("Signature=", "\r\n"))};
}

}  // namespace

std::string checksum_of(std::string const& data, std::string const& trailer) {
  base::checksum sum(*s3::trailer_algorithm(trailer));
  sum.update(data);
  return sum.finish();
}

std::string signed_bytes(world& w, streamed const& what) {
  request asked{"PUT", what.target, what.headers, {}, payload_word(what)};
  auto const is_encoding = [](auto const& field) { return field.first == "Content-Encoding"; };
  if (std::ranges::none_of(asked.headers, is_encoding)) {
    asked.headers.emplace_back("Content-Encoding", "aws-chunked");
  }
  asked.headers.emplace_back("x-amz-decoded-content-length",
                             std::to_string(what.announced.value_or(what.data.size())));
  if (!what.trailer.empty()) {
    asked.headers.emplace_back("x-amz-trailer", what.trailer);
  }
  auto const in_transfer_chunks = what.by == streamed::transport::transfer_chunks;
  if (in_transfer_chunks) {
    asked.headers.emplace_back("Transfer-Encoding", "chunked");
  }
  auto head = w.signed_request(asked);

  auto const is_signed = what.lines == streamed::signing::chunks;
  aws_chunks chunks(is_signed ? std::optional(seed_of(head, w.keys)) : std::nullopt);
  chunks.chunks(what.data, what.chunk);
  if (!what.trailer.empty()) {
    chunks.trailer(what.trailer, what.value ? *what.value : checksum_of(what.data, what.trailer));
  }
  auto body = chunks.str();
  if (what.spoil) {
    what.spoil(body);
  }
  if (in_transfer_chunks) {
    return head + in_transfer_chunks_of(body, 10'000);
  }
  std::string const line = "Content-Length: 0\r\n";
  return head.replace(head.find(line), line.size(),
                      "Content-Length: " + std::to_string(body.size()) + "\r\n") +
         body;
}

std::optional<std::string> data_of(received const& upload) {
  auto const length = http::parse_decimal(upload.header("x-amz-decoded-content-length"));
  if (!upload.complete || !length) {
    return std::nullopt;
  }
  s3::aws_chunked_decoder decoder({{}, {}, upload.header("x-amz-trailer"), *length});
  auto body = upload.body;
  auto const got = decoder.decode(body);
  if (!got || !decoder.ended()) {
    return std::nullopt;
  }
  return body.substr(0, *got);
}

std::vector<streamed_form> streamed_forms() {
  std::vector<streamed_form> out;
  for (auto const by : {streamed::transport::content_length, streamed::transport::transfer_chunks}) {
    std::string const how = by == streamed::transport::content_length ? " by length" : " by transfer chunks";
    for (auto const lines : {streamed::signing::none, streamed::signing::chunks}) {
      std::string const who = lines == streamed::signing::none ? "unsigned" : "signed";
      out.push_back({who + how, lines, by, ""});
      out.push_back({who + " with a trailer" + how, lines, by, "x-amz-checksum-crc32"});
    }
  }
  return out;
}

}  // namespace s3proxy::test
