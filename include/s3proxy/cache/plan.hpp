#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/entry.hpp"
#include "s3proxy/cache/policy.hpp"
#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/conditional.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace s3proxy::cache {

/// How an answer came about, for the access line and Cache-Status.
enum class phase {
  none,        ///< not an object read
  hit,         ///< answered from the cache alone
  partial,     ///< some bytes were held, others fetched
  miss,        ///< nothing of it was held
  revalidate,  ///< held, but the store was asked first
  bypass,      ///< passed through: the cache was not consulted
};

/// Why it was not a plain hit.
enum class reason {
  none,
  unknown_object,     ///< nothing is known of it
  stale,              ///< the metadata is older than its TTL
  doubted,            ///< older evidence named another version
  written,            ///< a write of the key passed since
  no_right,           ///< this principal has not shown that it may read it
  headers_unknown,    ///< only a listing has told of it
  checksums_unknown,  ///< the client asks for checksums, which were never told
  condition,          ///< a precondition fails on what we hold: the store decides
  unsatisfiable,      ///< the range lies beyond what we hold: the store says so
  client_no_cache,    ///< the client asked for a new look
  cells_missing,      ///< metadata is held, bytes are not
  version_changed,    ///< the store has another version
  unstorable,         ///< the store's answer may not be kept
  store_error,        ///< the store answers a fill with an error: it tells the client itself
  not_understood,     ///< a form of request that only the store knows
};

std::string_view to_text(phase p);
std::string_view to_text(reason r);

enum class read_kind { get, head };
enum class checksum_wish { none, wanted };

/// A GET or HEAD of an object, as the cache sees it.
struct read_request {
  object_id id;
  read_kind kind = read_kind::get;
  std::optional<http::range_spec> range;
  http::preconditions conditions;
  checksum_wish checksums = checksum_wish::none;
  reuse older_evidence = reuse::allowed;
  moment began;
};

/// What to do next. After `ask_*` the entry has changed and the question is put again.
enum class step {
  serve,                ///< answer from facts and blocks
  not_modified,         ///< 304
  precondition_failed,  ///< 412, which is for the store to say
  unsatisfiable,        ///< 416, likewise
  ask_head,             ///< a HEAD at the store, with this principal's credentials
  ask_get,              ///< a ranged GET at the store: its headers are the evidence, its bytes the first fill
  bypass,               ///< stream the client's own request through
};

struct plan {
  cache::step step = step::bypass;
  cache::reason reason = reason::none;
  base::byte_span span;                ///< for serve: the bytes of the object to send
  std::optional<base::etag> if_match;  ///< for ask_get: the version that we believe is current

  friend bool operator==(plan const&, plan const&) = default;
};

/// One look at an entry, taken under the store's lock.
struct entry_view {
  facts_ptr facts;
  moment evidence;
  std::optional<moment> right;  ///< of the asking principal
  std::uint64_t raised = 0;     ///< the order of the last write edge of the key
  bool unstorable = false;
  bool doubted = false;
};

/// Answers whether the first byte of a span is held. Asked only when the store has to be asked anyway: then a
/// GET that brings missing bytes saves a round trip.
using holds_first_byte = std::function<bool(object_facts const&, base::byte_span)>;

/// Decides the next step of a read. Pure: all it knows is in its arguments.
plan plan_get(read_request const& asked, entry_view const& known, policy const& rules,
              holds_first_byte const& holds);

}  // namespace s3proxy::cache
