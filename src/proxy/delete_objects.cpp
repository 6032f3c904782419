#include "s3proxy/http/target.hpp"
#include "s3proxy/proxy/handlers.hpp"
#include "s3proxy/proxy/upload.hpp"
#include "s3proxy/s3/document_scanner.hpp"
#include "s3proxy/s3/identity.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;
using boost::asio::awaitable;

awaitable<result<std::string>> read_whole(exchange& ex) {
  auto const most = ex.shared().config.limits.delete_document_bytes;
  request_body body(ex);
  if (body.length() > most) {
    co_return errc::malformed_xml;
  }
  std::string document;
  for (;;) {
    auto const piece = co_await body.read();
    if (!piece) {
      co_return piece.error();
    }
    if (piece->empty()) {
      co_return document;
    }
    document += *piece;
  }
}

bool is_under_rules(exchange const& ex) {
  return ex.known && ex.known->may == s3::identity::limit::by_rules;
}

/// What makes a reader of XML see other elements or characters than ours does: bytes of another encoding,
/// announced or not; declarations, comments and instructions, whose ends readers find in different places.
/// No SDK writes any of these.
bool may_read_differently(std::string_view document) {
  if (document.find("<!") != std::string_view::npos || document.find("<?", 1) != std::string_view::npos) {
    return true;
  }
  if (!http::is_utf8(document) || document.find('\0') != std::string_view::npos) {
    return true;
  }
  auto const end = document.find("?>");
  auto const declaration = end == std::string_view::npos ? "" : http::to_lower(document.substr(0, end));
  auto const at = declaration.find("encoding");
  return at != std::string::npos && declaration.find("utf-8", at) == std::string::npos;
}

struct named_key {
  std::string text;
  bool cut_off;  // it may be any key
};

std::vector<named_key> keys_of(std::string_view document) {
  std::vector<named_key> keys;
  s3::delete_scanner scanner(
      [&](std::string_view key, bool cut_off) { keys.push_back({std::string(key), cut_off}); });
  scanner.feed(document);
  return keys;
}

/// One key that may not be written refuses the whole.
result<void> check_rights(exchange const& ex, std::string_view document, std::vector<named_key> const& keys) {
  auto const may_write = [&](named_key const& key) {
    return s3::allows(*ex.known, s3::access::write, ex.where.bucket, key.text);
  };
  if (ex.known && !std::ranges::all_of(keys, may_write)) {
    return errc::denied_by_rules;
  }
  // Rules judge what we read: the store must not find a key where we saw none, or another one.
  auto const sure = !keys.empty() && std::ranges::none_of(keys, &named_key::cut_off);
  if (is_under_rules(ex) && (!sure || may_read_differently(document))) {
    return errc::malformed_xml;
  }
  return {};
}

}  // namespace

awaitable<result<void>> delete_objects(exchange& ex) {
  auto document = co_await read_whole(ex);
  if (!document) {
    co_return document.error();
  }
  auto const keys = keys_of(*document);
  auto const permitted = check_rights(ex, *document, keys);
  if (!permitted) {
    co_return permitted.error();
  }
  write_mark mark(ex);
  for (auto const& key : keys) {
    mark.add(key.text, key.cut_off);
  }
  if (may_read_differently(*document)) {
    mark.add({}, true);
  }
  mark.names_ended();

  std::string_view rest = *document;
  auto const most = ex.shared().config.limits.relay_bytes;
  auto const take = [&rest, most] {
    auto const piece = rest.substr(0, most);
    rest.remove_prefix(piece.size());
    return outgoing{{}, piece};
  };
  auto const next = [&take]() -> awaitable<result<outgoing>> { co_return take(); };
  auto first = take();
  auto request = upload_request(ex, document->size());
  co_return co_await send_upload(ex, mark, std::move(request), std::move(first), next);
}

}  // namespace s3proxy::proxy
