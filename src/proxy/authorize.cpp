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

result<void> authorize(exchange& ex) {
  auto& shared = ex.shared();
  auto const keys = shared.config.origin.credentials();
  auto const sign_for_them = keys && shared.config.allow_anonymous;
  auto const verified = s3::verify(
      ex.head,
      {.client_keys = keys.get(),
       .unsigned_requests = keys && !sign_for_them ? s3::unsigned_rule::refuse : s3::unsigned_rule::accept,
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
  if (ex.is_anonymous && sign_for_them && may_be_foreign_page(ex.head.fields)) {
    return errc::foreign_page;
  }
  // Everyone is signed for with the one key pair; without one, everyone is the public.
  ex.principal = base::principal_id(keys ? keys->key_id.str() : std::string());
  ex.signer = keys;

  auto where = s3::parse_address(ex.head.path);
  if (!where) {
    return where.error();
  }
  auto query = http::query_list::parse(ex.head.query);
  if (!query) {
    return query.error();
  }
  ex.where = std::move(*where);
  ex.query = std::move(*query);
  ex.op = s3::classify(ex.head.method, ex.where, ex.query, ex.head.fields);
  return {};
}

}  // namespace s3proxy::proxy
