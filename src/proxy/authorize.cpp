#include "s3proxy/proxy/authorize.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
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

bool is_address_or_localhost(std::string_view host) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(std::string(without_port(host)), ec);
  return !ec || http::same_name(without_port(host), "localhost");
}

}  // namespace

bool may_be_foreign_page(http::field_list const& fields) {
  auto const host = fields.find("host").value_or("");
  if (!is_address_or_localhost(host)) {
    return true;
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
                           .now = shared.clock.wall_now(),
                           .keys = &ex.worker.keys});
  if (!verified) {
    return verified.error();
  }
  if (auto const* hashed = std::get_if<s3::hashed_payload>(&verified->payload);
      hashed && ex.body_left == 0 && ex.head.body != http::body_kind::chunked &&
      base::to_hex(hashed->sha256) != s3::empty_payload_hash) {
    return errc::content_sha256_mismatch;
  }
  ex.is_anonymous = std::holds_alternative<s3::anonymous>(verified->identity);
  ex.payload = verified->payload;
  auto acts_as = act_as(ex, *verified);
  if (!acts_as) {
    return acts_as.error();
  }
  if (ex.is_anonymous && ex.signer && may_be_foreign_page(ex.head.fields)) {
    return errc::foreign_page;
  }

  auto where = s3::parse_address(ex.head.path);
  if (!where) {
    return where.error();
  }
  auto query = http::query_list::parse(ex.head.query);
  if (!query) {
    return query.error();
  }
  ex.where = std::move(*where);
  ex.store_path = ex.head.path;
  ex.store_query = ex.head.query;
  ex.query = std::move(*query);
  ex.op = s3::classify(ex.head.method, ex.where, ex.query, ex.head.fields);
  return {};
}

}  // namespace s3proxy::proxy
