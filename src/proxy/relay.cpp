#include "s3proxy/proxy/relay.hpp"

#include "s3proxy/http/cors.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/proxy/answer.hpp"
#include "s3proxy/s3/aws_chunked.hpp"
#include "s3proxy/s3/bucket_region.hpp"
#include "s3proxy/s3/xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;
using boost::asio::awaitable;

// What we write ourselves: the signature's own fields, and those of a body's form on the wire.
constexpr std::array<std::string_view, 5> own_fields{"x-amz-date", "x-amz-content-sha256",
                                                     "x-amz-security-token", "x-amz-trailer",
                                                     "x-amz-decoded-content-length"};

bool is_forwarded(std::string_view name) {
  if (http::has_prefix(name, "x-amz-")) {
    return std::ranges::none_of(own_fields, [&](auto own) { return http::same_name(name, own); });
  }
  if (http::same_name(name, "content-length")) {
    return false;
  }
  return http::has_prefix(name, "if-") || http::has_prefix(name, "content-") ||
         http::same_name(name, "range") || http::same_name(name, "cache-control") ||
         http::same_name(name, "expires");
}

/// The form of the body on the wire is no coding of the object; without it there may be none.
void add_encodings(http::header_list& out, std::string_view name, std::string_view value) {
  if (auto const kept = s3::without_aws_chunked(value); !kept.empty()) {
    out.add(name, kept);
  }
}

/// The store's header lines as the client sees them, without those of one connection or that every answer of
/// ours has.
std::string relayed_fields(upstream::response_head const& head, cache::cors_fields cors) {
  std::string out;
  for (auto const& [name, value] : head.headers) {
    auto const is_ours = http::same_name(name, "content-length") || http::same_name(name, "date") ||
                         http::same_name(name, "x-amz-request-id") || http::same_name(name, "cache-status");
    // It names the store's own host: a client that followed it would pass us by with a wrong signature.
    auto const leads_past_us =
        http::same_name(name, "location") && (head.status / 100 == 3 || !value.starts_with('/'));
    auto const stands_for_ours = cors == cache::cors_fields::drop && http::is_cors_field(name);
    if (!is_ours && !leads_past_us && !stands_for_ours && !http::is_hop_by_hop(name)) {
      out.append(name).append(": ").append(value).append("\r\n");
    }
  }
  return out;
}

answer_framing framing_of(exchange const& ex, upstream::response_head const& head) {
  if (head.content_length) {
    return answer_framing::length;
  }
  auto const has_no_body = ex.head.method == http::method::head || head.status == 204 || head.status == 304;
  return has_no_body                  ? answer_framing::none
         : ex.head.minor_version == 0 ? answer_framing::close
                                      : answer_framing::chunked;
}

std::string chunk_head(std::size_t size) {
  std::array<char, 20> text;
  auto const end = std::to_chars(text.data(), text.data() + text.size(), size, 16).ptr;
  return std::string(text.data(), end) + "\r\n";
}

/// One piece of a body, framed as the head promised.
awaitable<result<void>> forward(exchange& ex, answer_framing framing, std::string head,
                                std::string_view piece) {
  if (framing != answer_framing::chunked || piece.empty()) {
    co_return co_await send(ex, head, piece);
  }
  head += chunk_head(piece.size());
  auto sent = co_await send(ex, head, piece);
  if (!sent) {
    co_return sent;
  }
  co_return co_await send(ex, "\r\n", {});
}

bool may_blame_us(exchange const& ex, upstream::response_head const& head) {
  return ex.signer && head.status >= 400 && head.status < 500;
}

/// True when the answer says that the bucket lives in another region than the one that was asked. A body may
/// have passed, so it is not asked again there: what to do is told instead.
bool is_elsewhere(exchange& ex, upstream::origin_answer const& answer, std::string_view body) {
  auto const region = s3::told_region(answer.head.status, answer.head.headers, body);
  if (region.empty() || region == answer.body->asked().region) {
    return false;
  }
  if (ex.worker.origin.learn_region(ex.store_path, region)) {
    ex.advice = "The bucket lives in the region " + region + ", as s3proxy now knows. Try again.";
  } else if (s3::is_region_name(region)) {
    ex.advice = "The bucket lives in the region " + region + ": start s3proxy with --region " + region +
                ", and with that region's --endpoint where it has one of its own.";
  }
  return true;
}

/// A bearer's pair that the store does not accept: the token's fault and not ours. The next request gets a
/// new one.
errc drop_pair(exchange& ex, std::string_view code) {
  ex.shared().tokens->drop(ex.principal, ex.signer);
  observe::info(observe::room::proxy,
                "request " + ex.request_id +
                    ": the store refuses the pair of an exchanged token: " + std::string(code));
  return code == "ExpiredToken" ? errc::token_expired : errc::token_refused;
}

/// Whether the store refuses a signature for the key's sake: a wrong clock or region is ours.
bool blames_pair(std::string_view code) {
  return s3::blames_our_credentials(code) && code != "RequestTimeTooSkewed" &&
         code != "AuthorizationHeaderMalformed";
}

/// Looks at an answer that may concern our side of the matter: the region we ask, the keys we sign with. Its
/// body stays to be read. Errors: wrong_region, origin_rejected_credentials, token_refused, token_expired.
awaitable<result<void>> keep_what_is_ours(exchange& ex, upstream::origin_answer& answer) {
  auto const& head = answer.head;
  auto const blames = may_blame_us(ex, head) && ex.head.method != http::method::head;
  if (!blames && !s3::may_tell_region(head.status) && head.status != 401) {
    co_return result<void>{};
  }
  auto const body = co_await answer.body->peek_body(ex.shared().config.limits.error_body_bytes);
  if (!body) {
    co_return body.error();
  }
  if (is_elsewhere(ex, answer, *body)) {
    co_return errc::wrong_region;
  }
  auto const error = s3::parse_error_document(*body);
  if (ex.bearer && error && blames_pair(error->code)) {
    co_return drop_pair(ex, error->code);
  }
  // A HEAD's refusal has no document. S3 says 400 to a token that is expired or none.
  if (ex.bearer && ex.head.method == http::method::head && (head.status == 400 || head.status == 401)) {
    co_return drop_pair(ex, "no document");
  }
  if (blames && error && s3::blames_our_credentials(error->code)) {
    observe::error(observe::room::proxy,
                   "the store refuses s3proxy's credentials: " + error->code + ": " + error->message);
    co_return errc::origin_rejected_credentials;
  }
  auto const cut_off = body->size() >= ex.shared().config.limits.error_body_bytes;
  if (blames && !error && cut_off && body->find("<Error>") != std::string_view::npos) {
    observe::error(observe::room::proxy, "the store's error is too long to see whom it blames");
    co_return errc::origin_rejected_credentials;
  }
  co_return result<void>{};
}

/// What a presigned URL says in parameters instead of headers (`x-amz-acl`, `x-amz-checksum-crc32`).
bool hoists_headers(exchange const& ex) {
  return ex.signed_in == s3::signature_place::query &&
         std::ranges::any_of(ex.query, [](auto const& p) { return http::has_prefix(p.name, "x-amz-"); });
}

}  // namespace

upstream::origin_request forwarded_request(exchange const& ex) {
  upstream::origin_request out;
  out.method = ex.head.method_text;
  out.path = ex.store_path;
  out.query = ex.store_query;
  out.signer = ex.signer;
  if (hoists_headers(ex)) {
    out.form = upstream::signature_form::query;
    out.payload_hash = s3::unsigned_payload_word;
  }
  for (auto const& [name, value] : ex.head.fields) {
    if (http::same_name(name, "content-encoding")) {
      add_encodings(out.headers, name, value);
    } else if (is_forwarded(name)) {
      out.headers.add(name, value);
    }
  }
  return out;
}

awaitable<result<void>> relay_answer(exchange& ex, upstream::origin_answer answer, before_forwarding look) {
  auto const& head = answer.head;
  std::vector<char> buffer(ex.shared().config.limits.relay_bytes);
  auto ours = co_await keep_what_is_ours(ex, answer);
  if (!ours) {
    co_return ours.error();
  }

  look({});
  auto const framing = framing_of(ex, head);
  auto const fields = relayed_fields(head, kept_cors_fields(ex.shared()));
  auto out = render_head(ex, {.status = head.status,
                              .fields = fields,
                              .framing = framing,
                              .length = head.content_length.value_or(0),
                              .request_id = head.headers.find("x-amz-request-id").value_or("")});
  for (;;) {
    auto got = co_await answer.body->read_body(buffer);
    if (!got) {
      co_return got.error();
    }
    std::string_view const piece(buffer.data(), *got);
    if (piece.empty()) {
      look({});
      if (framing == answer_framing::chunked) {
        out += "0\r\n\r\n";
      }
      if (out.empty()) {
        co_return result<void>{};
      }
      co_return co_await send(ex, out, {});
    }
    look(piece);
    auto sent = co_await forward(ex, framing, std::move(out), piece);
    if (!sent) {
      co_return sent;
    }
    out.clear();
  }
}

}  // namespace s3proxy::proxy
