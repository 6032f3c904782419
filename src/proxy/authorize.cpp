#include "s3proxy/proxy/authorize.hpp"

#include "s3proxy/s3/permission.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <span>
#include <string>

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    return host.substr(1, host.find(']') - 1);
  }
  return host.substr(0, host.find(':'));
}

/// A name that nobody but us could have given to this address: the address itself, a domain that we serve, or
/// a bucket below one. `localhost` and what is below it are never looked up (RFC 6761 section 6.3).
bool is_own_name(std::string_view host, std::span<std::string const> domains) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(std::string(without_port(host)), ec);
  auto const is_name = [&](std::string_view domain) { return http::same_name(without_port(host), domain); };
  return !ec || is_name("localhost") || std::ranges::any_of(domains, is_name) ||
         !s3::bucket_of_host(host, domains).empty();
}

}  // namespace

bool may_be_foreign_page(http::field_list const& fields, std::span<std::string const> domains,
                         http::allowed_origins allowed) {
  auto const host = fields.find("host").value_or("");
  if (!is_own_name(host, domains)) {
    return true;
  }
  if (http::allowed_origin(fields, allowed)) {
    return false;
  }
  auto const is_foreign = [&](http::field_view const& field) {
    if (http::same_name(field.name, "sec-fetch-site")) {
      return http::same_name(field.value, "cross-site");
    }
    return http::same_name(field.name, "origin") && field.value != "http://" + std::string(host) &&
           field.value != "https://" + std::string(host);
  };
  return std::ranges::any_of(fields, is_foreign);
}

namespace {

/// Finds who signs for the one who was verified, with which pair.
result<void> act_as(exchange& ex, s3::verified const& who) {
  if (auto const* shown = std::get_if<s3::bearer_token>(&who.identity)) {
    ex.bearer = shown->text;
    ex.principal = principal_of(shown->text);
    return {};
  }
  auto const& everybody = *ex.everybody;
  auto signer = everybody.unsigned_clients;
  if (auto const* key_id = std::get_if<base::access_key_id>(&who.identity)) {
    ex.known = everybody.find(key_id->str());
    auto const found = everybody.principals.find(ex.known->principal);
    signer = found == everybody.principals.end() ? nullptr : found->second;
  }
  if (!signer) {
    return errc::internal_error;
  }
  ex.principal = signer->id;
  ex.signer = signer->credentials ? signer->credentials() : nullptr;
  if (signer->credentials && !ex.signer) {
    return errc::credentials_expired;
  }
  return {};
}

/// S3 reads a body in chunks of its own for these only; another operation would take the chunk lines for
/// content.
bool takes_chunks(s3::operation op) {
  return op == s3::operation::put_object || op == s3::operation::upload_part;
}

}  // namespace

result<void> authorize(exchange& ex) {
  auto& shared = ex.shared();
  ex.everybody = shared.config.roster();
  auto const find_key = [&](std::string_view key_id) {
    auto const* const known = ex.everybody->find(key_id);
    return known ? &known->keys : nullptr;
  };
  auto const verified =
      s3::verify(ex.head, {.find_key = find_key,
                           .unsigned_requests = ex.everybody->unsigned_clients ? s3::unsigned_rule::accept
                                                                               : s3::unsigned_rule::refuse,
                           .bearer_tokens = shared.tokens ? s3::bearer_rule::accept : s3::bearer_rule::refuse,
                           .now = shared.clock.wall_now(),
                           .keys = &ex.worker.keys});
  if (!verified) {
    return verified.error();
  }
  if (auto const* hashed = std::get_if<s3::hashed_payload>(&verified->payload);
      hashed && ex.body_ended && base::to_hex(hashed->sha256) != s3::empty_payload_hash) {
    return errc::content_sha256_mismatch;
  }
  ex.is_anonymous = std::holds_alternative<s3::anonymous>(verified->identity);
  ex.payload = verified->payload;
  ex.signed_in = verified->signature;
  auto acts_as = act_as(ex, *verified);
  if (!acts_as) {
    return acts_as.error();
  }
  if (ex.is_anonymous && ex.signer &&
      may_be_foreign_page(ex.head.fields, shared.config.domains, shared.config.cors_origins)) {
    return errc::foreign_page;
  }

  auto const host = ex.head.fields.find("host").value_or("");
  auto where = s3::parse_address(ex.head.path, host, shared.config.domains);
  if (!where) {
    return where.error();
  }
  auto store_query = s3::without_signature(ex.head.query, ex.signed_in);
  auto query = http::query_list::parse(store_query);
  if (!query) {
    return query.error();
  }
  ex.where = std::move(*where);
  ex.store_path = s3::path_style(ex.head.path, host, shared.config.domains);
  ex.store_query = std::move(store_query);
  ex.query = std::move(*query);
  ex.op = s3::classify(ex.head.method, ex.where, ex.query, ex.head.fields);
  if (ex.known) {
    auto const permitted = s3::permit(*ex.known, {ex.op, ex.where, ex.query, ex.head.fields});
    if (!permitted) {
      return permitted.error();
    }
  }
  if (std::holds_alternative<s3::streaming_payload>(ex.payload) && !takes_chunks(ex.op)) {
    return errc::streaming_misplaced;
  }
  return {};
}

}  // namespace s3proxy::proxy
