#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/proxy/services.hpp"
#include "s3proxy/store/block_store.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <memory>
#include <optional>
#include <string>

namespace s3proxy::proxy {

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
};

/// An answer whose body is already coming, and where in the object it begins.
struct coming_answer {
  upstream::origin_answer answer;
  base::byte_count begins_at = 0;
};

/// Starts a task of its own that brings the permitted cells into the block store: with `coming`, from that
/// answer; else with a GET that carries Range and If-Match. It is paced by nobody's socket, ends when nobody
/// waits on its flight, resumes once in the middle of a body, and stores nothing of a body that is short or
/// of another version.
void start_fill(worker_services& worker, fill_order order, std::optional<coming_answer> coming);

/// The part of a request's query that names the object: `versionId=...` or nothing.
std::string query_of(cache::object_id const& id);

}  // namespace s3proxy::proxy
