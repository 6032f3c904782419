#include "s3proxy/proxy/relay.hpp"

#include "s3proxy/observe/log.hpp"
#include "s3proxy/proxy/answer.hpp"
#include "s3proxy/s3/aws_chunked.hpp"
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
std::string relayed_fields(upstream::response_head const& head) {
  std::string out;
  for (auto const& [name, value] : head.headers) {
    auto const is_ours = http::same_name(name, "content-length") || http::same_name(name, "date") ||
                         http::same_name(name, "x-amz-request-id") || http::same_name(name, "cache-status");
    // A redirect's target is the store's own host: a client that followed it would pass us by with a wrong
    // signature.
    auto const leads_past_us = head.status / 100 == 3 && http::same_name(name, "location");
    if (!is_ours && !leads_past_us && !http::is_hop_by_hop(name)) {
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

bool may_blame_us(exchange& ex, upstream::response_head const& head) {
  return ex.signer && head.status >= 400 && head.status < 500;
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
  std::string_view first;
  std::string early;  // an error's body, read before anything is sent

  if (may_blame_us(ex, head) && ex.head.method != http::method::head) {
    auto const most = ex.shared().config.limits.error_body_bytes;
    while (early.size() < most) {
      auto got = co_await answer.body->read_body(buffer);
      if (!got) {
        co_return got.error();
      }
      if (*got == 0) {
        break;
      }
      early.append(buffer.data(), *got);
    }
    if (auto const error = s3::parse_error_document(early);
        error && s3::blames_our_credentials(error->code)) {
      observe::error(observe::room::proxy,
                     "the store refuses s3proxy's credentials: " + error->code + ": " + error->message);
      co_return errc::origin_rejected_credentials;
    }
    first = early;
  }

  look({});
  auto const framing = framing_of(ex, head);
  auto const fields = relayed_fields(head);
  auto out = render_head(ex, {.status = head.status,
                              .fields = fields,
                              .framing = framing,
                              .length = head.content_length.value_or(0),
                              .request_id = head.headers.find("x-amz-request-id").value_or("")});
  if (!first.empty()) {
    look(first);
    auto sent = co_await forward(ex, framing, std::move(out), first);
    if (!sent) {
      co_return sent;
    }
    out.clear();
  }
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
