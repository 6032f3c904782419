#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/target.hpp"

#include "support/scripted_connection.hpp"

// What the scripted store says to a request when nothing goes wrong, or when what goes wrong is in the answer
// itself.

namespace s3proxy::test {
namespace {

std::string error_body(std::string const& code) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
         "</Code><Message>scripted</Message></Error>";
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
  if (request.target.find("list-type=2") != std::string::npos) {
    auto const bucket = path.ends_with('/') ? path : path + '/';
    std::string body = "<?xml version=\"1.0\"?><ListBucketResult>";
    for (auto const& [name, object] : home_.objects_) {
      if (name.starts_with(bucket)) {
        body += "<Contents><Key>" + in_xml(name.substr(bucket.size())) + "</Key><LastModified>" +
                (object.last_modified.find("00:00:01") != std::string::npos ? "2026-01-01T00:00:01.000Z"
                                                                            : "2026-01-01T00:00:00.000Z") +
                "</LastModified><ETag>" + in_xml(object.tag) + "</ETag><Size>" +
                std::to_string(object.body.size()) + "</Size></Contents>";
      }
    }
    return {200, "Content-Type: application/xml\r\n", body + "</ListBucketResult>", {}};
  }
  auto const found = home_.objects_.find(path);
  if (found == home_.objects_.end()) {
    return {404, "Content-Type: application/xml\r\n", error_body("NoSuchKey"), {}};
  }
  return object_reply(request, found->second, what);
}

}  // namespace s3proxy::test
