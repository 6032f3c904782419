#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/target.hpp"

#include "support/scripted_connection.hpp"

#include <optional>
#include <string>
#include <utility>

// What the scripted store says to a request when nothing goes wrong, or when what goes wrong is in the answer
// itself.

namespace s3proxy::test {
namespace {

std::string error_body(std::string const& code) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
         "</Code><Message>scripted</Message></Error>";
}

/// As a listing tells it, where the object's header lines do.
std::string storage_class_of(std::string const& fields) {
  std::string const name = "x-amz-storage-class: ";
  auto const at = fields.find(name);
  if (at == std::string::npos) {
    return {};
  }
  auto const begin = at + name.size();
  return "<StorageClass>" + fields.substr(begin, fields.find('\r', begin) - begin) + "</StorageClass>";
}

bool is_safe_in_xml(char c) {
  return c != '<' && c != '&' && c != '"';
}

std::string in_xml(std::string const& text) {
  std::string out;
  for (auto const c : text) {
    out += is_safe_in_xml(c) ? std::string(1, c) : "&#" + std::to_string(static_cast<int>(c)) + ";";
  }
  return out;
}

/// The query of a request that lists a bucket in some way: a GET of one, with no sub-resource.
std::optional<http::query_list> listing_asked(received const& request) {
  auto const path = request.path();
  auto const slash = path.find('/', 1);
  auto const question = request.target.find('?');
  auto query =
      http::query_list::parse(question == request.target.npos ? "" : request.target.substr(question + 1));
  auto const is_bucket = path.size() > 1 && (slash == path.npos || slash + 1 == path.size());
  if (request.method != "GET" || !is_bucket || !query) {
    return std::nullopt;
  }
  auto const lists = query->empty() || query->contains("prefix") || query->contains("encoding-type") ||
                     query->contains("list-type") || query->contains("versions");
  return lists ? std::optional(std::move(*query)) : std::nullopt;
}

}  // namespace

reply scripted_origin::connection::object_reply(received const& request, object const& found,
                                                fault const& what) {
  using enum fault::kind;
  auto const match = request.header("if-match");
  if (!match.empty() && match != found.tag) {
    return {412, {}, error_body("PreconditionFailed"), {}};
  }
  reply out;
  auto const tag = what.what == other_tag  ? std::string("\"other\"")
                   : what.what == weak_tag ? "W/" + found.tag
                                           : found.tag;
  out.fields = (what.what == no_tag ? "" : "ETag: " + tag + "\r\n") +
               "Last-Modified: " + found.last_modified + "\r\nAccept-Ranges: bytes\r\n" + found.fields;
  out.body = found.body;
  auto const range = http::parse_range(request.header("range"));
  auto const* spec = std::get_if<http::range_spec>(&range);
  if (!spec || what.what == ignore_range) {
    return out;
  }
  auto const span = http::resolve(*spec, found.body.size());
  if (!span) {
    return {416,
            "Content-Range: " + http::unsatisfied_range(found.body.size()) + "\r\n",
            error_body("InvalidRange"),
            {}};
  }
  out.status = 206;
  auto const shown = what.what == wrong_range ? base::byte_span{span->begin + 1, span->end + 1} : *span;
  out.fields += "Content-Range: " + http::content_range(shown, found.body.size()) + "\r\n";
  out.body = found.body.substr(span->begin, span->size());
  return out;
}

// Objects of `home_` whose path starts with the bucket's, in the form that was asked for. Called under the
// lock.
reply scripted_origin::connection::listing_reply(std::string const& bucket, http::query_list const& asked) {
  auto const prefix = std::string(asked.find("prefix").value_or(""));
  auto const is_url = asked.find("encoding-type") == "url";
  auto const versions = asked.contains("versions");
  std::string const root = versions ? "ListVersionsResult" : "ListBucketResult";
  std::string const entry = versions ? "Version" : "Contents";
  std::string body =
      "<?xml version=\"1.0\"?><" + root + ">" + (is_url ? "<EncodingType>url</EncodingType>" : std::string());
  for (auto const& [name, object] : home_.objects_) {
    if (!name.starts_with(bucket + prefix)) {
      continue;
    }
    auto const key = name.substr(bucket.size());
    auto const newer = object.last_modified.find("00:00:01") != std::string::npos;
    body += "<" + entry + "><Key>" + (is_url ? http::uri_encode(key, http::slash::keep) : in_xml(key)) +
            "</Key>" + (versions ? "<VersionId>null</VersionId><IsLatest>true</IsLatest>" : "") +
            "<LastModified>2026-01-01T00:00:0" + (newer ? "1" : "0") + ".000Z</LastModified><ETag>" +
            in_xml(object.tag) + "</ETag><Size>" + std::to_string(object.body.size()) + "</Size>" +
            storage_class_of(object.fields) + "</" + entry + ">";
  }
  return {200, "Content-Type: application/xml\r\n", body + "</" + root + ">", {}};
}

reply scripted_origin::connection::home_reply(received const& request, fault const& what) {
  std::lock_guard const lock(home_.mutex_);
  auto const path = http::percent_decode(request.path(), http::plus::is_literal).value();
  if (request.method == "PUT") {
    auto const tag = "\"put-" + std::to_string(home_.requests_.size()) + "\"";
    home_.objects_[path] = {request.body, tag, "Thu, 01 Jan 2026 00:00:01 GMT", {}};
    return {200, "ETag: " + tag + "\r\n", {}, {}};
  }
  if (request.method == "DELETE") {
    home_.objects_.erase(path);
    return {204, {}, {}, {}};
  }
  if (request.method == "POST") {
    return {200, "Content-Type: application/xml\r\n", "<Done/>", {}};
  }
  if (auto const asked = listing_asked(request)) {
    return listing_reply(path.ends_with('/') ? path : path + '/', *asked);
  }
  auto const found = home_.objects_.find(path);
  if (found == home_.objects_.end()) {
    return {404, "Content-Type: application/xml\r\n", error_body("NoSuchKey"), {}};
  }
  return object_reply(request, found->second, what);
}

}  // namespace s3proxy::test
