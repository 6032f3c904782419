#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/proxy/early_part.hpp"
#include "s3proxy/proxy/services.hpp"
#include "s3proxy/store/block_store.hpp"
#include "s3proxy/upstream/errand.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace s3proxy::proxy {

/// How a fill ended, for who started it without waiting on its flight.
struct fill_end {
  unsigned status = 0;              ///< of the store's last answer; 0: none came
  std::optional<base::errc> fault;  ///< why bytes are missing, where it was no status; nothing: all came
  bool abandoned = false;           ///< nobody wanted it any more, or its errand was withdrawn
  base::byte_count asked = 0;       ///< of the object, in cells that were missing
  base::byte_count stored = 0;      ///< of them
  cache::duration waited{};         ///< for a connection, before its request went out
  cache::duration first_byte{};     ///< from there to the head of the answer; 0: none came
  cache::duration total{};          ///< from there to its end; 0: no answer came
};

/// What a fill needs to know: which version of which object, where its bytes go, and who waits.
struct fill_order {
  cache::object_id id;
  base::principal_id principal;                   ///< who asks; its right is renewed by a 2xx
  std::shared_ptr<s3::credentials const> signer;  ///< its credentials
  std::string path;                               ///< the object's path as a client wrote it
  cache::facts_ptr facts;
  store::fill_permit permit;
  std::shared_ptr<store::flight> flight;
  std::shared_ptr<upstream::call_count> calls;
  upstream::errand_ptr errand;  ///< its own: it is withdrawn when everybody has left
  /// Called once at its end, when its flight has ended too, on its worker. May be null.
  std::function<void(fill_end const&)> on_end{};
  /// Ends when the store has answered: others of this principal ask whether it may read the object. May be
  /// null.
  std::unique_ptr<store::flight_table::question> question{};
};

/// Where the first bytes come from: a request of the fill's own, an answer that is here, or one that was
/// asked for before the version was known.
using first_answer = std::variant<std::monostate, coming_answer, early_part>;

/// Starts a task of its own that brings the permitted cells into the block store: from `first` as far as that
/// is of the version and the range, else with a GET that carries Range and If-Match. It is paced by nobody's
/// socket, ends when nobody waits on its flight, resumes once in the middle of a body, and stores nothing of
/// a body that is short or of another version. When all connections are in use, its request may go out with
/// that of a neighbour (queued_fills).
///
/// Speculation (by its errand) is neither repeated nor resumed, and what a store that is in trouble or says
/// no tells it is not told to those who join the flight: they ask for themselves. Who starts it and wants to
/// be able to end it joins its flight, and leaves it. A client that wants the flight makes it a demand,
/// whatever stage it is at. It should be no longer than one part (fetch_limits): then waiting for its bytes
/// is never much slower than a request of one's own.
void start_fill(worker_services& worker, fill_order order, first_answer first = {});

/// The part of a request's query that names the object: `versionId=...` or nothing.
std::string query_of(cache::object_id const& id);

}  // namespace s3proxy::proxy
