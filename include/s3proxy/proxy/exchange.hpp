#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/cache/moment.hpp"
#include "s3proxy/cache/plan.hpp"
#include "s3proxy/http/request_head.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/net/server_connection.hpp"
#include "s3proxy/proxy/roster.hpp"
#include "s3proxy/proxy/services.hpp"
#include "s3proxy/s3/address.hpp"
#include "s3proxy/s3/operation.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::proxy {

enum class connection_fate { keep, close };

/// Everything about one request: what was asked, by whom, and what has become of it so far. Lives in its
/// session.
struct exchange {
  exchange(worker_services& at, net::server_connection& with, http::request_head const& asked)
      : worker(at),
        client(with),
        head(asked),
        body_ended(asked.body == http::body_kind::none ||
                   (asked.body == http::body_kind::length && asked.content_length == 0)) {}

  services& shared() { return worker.shared; }
  /// Who asks, as the connections to the store are shared out.
  upstream::client_number client_number() const;
  /// For one request to the store.
  upstream::errand_ptr errand() const { return upstream::demand_of(client_number()); }

  worker_services& worker;
  net::server_connection& client;
  http::request_head const& head;

  // Set once the request is verified and named; handlers run only then.
  s3::address where;
  std::string
      store_path;  ///< raw, path-style: the client's own bytes, the bucket in front where Host named it
  std::string store_query;  ///< raw: the client's own, without the signature of a presigned URL
  http::query_list query;
  s3::operation op = s3::operation::other;
  roster_ptr everybody;                 ///< who may come, as of the beginning of this request
  s3::identity const* known = nullptr;  ///< who asks; null: nobody with a key of its own
  base::principal_id principal;
  std::shared_ptr<s3::credentials const> signer;  ///< the principal's pair; null: the public
  std::optional<base::secret> bearer;  ///< the token that is all that proves who asks; its pair is `signer`
  s3::payload_mode payload;
  s3::signature_place signed_in = s3::signature_place::none;  ///< by the client
  bool is_anonymous = false;

  std::string request_id;
  cache::moment began;
  /// The request's body, if it has one, was read to its end: what the connection holds next is a request.
  bool body_ended;

  // What became of it, for the access line and Cache-Status.
  cache::phase phase = cache::phase::none;
  cache::reason reason = cache::reason::none;
  bool collapsed = false;  ///< it waited for a request of another
  bool stored = false;     ///< what it fetched was kept
  upstream::call_count origin;
  unsigned status = 0;
  base::byte_count sent = 0;  ///< of the body
  base::errc failure{};       ///< of an error that we made; 0 when there was none
  std::string advice;         ///< what the client is told of it; empty: the sentence of its row
  std::string store_error;    ///< the code of an error that the store sent with a 200
  bool answer_started = false;
  cache::time_point first_byte;
  connection_fate fate = connection_fate::keep;

  /// Bytes whose fetching before anybody asked this request caused, and bytes of its answer that had been
  /// fetched so.
  base::byte_count ahead_bytes = 0;
  base::byte_count guessed_bytes = 0;
};

// An engine opens many connections: its address without the port, and whom it says it is, are one client.
inline upstream::client_number exchange::client_number() const {
  std::string_view const peer = client.peer();
  auto const address = peer.substr(0, peer.rfind(':'));
  auto const& name = known ? known->keys.key_id.str() : principal.str();
  auto const mixed = std::hash<std::string_view>{}(address) * 31 + std::hash<std::string_view>{}(name);
  return upstream::client_number{mixed};
}

}  // namespace s3proxy::proxy
