#include "s3proxy/proxy/answer.hpp"

#include "s3proxy/http/cors.hpp"
#include "s3proxy/http/date.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/s3/error_document.hpp"

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;
using boost::asio::awaitable;

bool may_keep_alive(exchange const& ex) {
  return ex.fate == connection_fate::keep && ex.head.keep_alive && ex.body_ended && !ex.client.is_finishing();
}

void append_framing(std::string& out, answer_head const& answer) {
  switch (answer.framing) {
    case answer_framing::none:
    case answer_framing::close:
      return;
    case answer_framing::length:
      out.append("Content-Length: ").append(std::to_string(answer.length)).append("\r\n");
      return;
    case answer_framing::chunked:
      out.append("Transfer-Encoding: chunked\r\n");
      return;
  }
}

void note_start(exchange& ex) {
  if (!ex.answer_started) {
    ex.answer_started = true;
    ex.first_byte = ex.shared().clock.now();
  }
}

}  // namespace

std::string render_head(exchange& ex, answer_head const& answer) {
  ex.status = answer.status;
  if (answer.framing == answer_framing::close) {
    ex.fate = connection_fate::close;
  }
  auto const keep = may_keep_alive(ex);
  if (!keep) {
    ex.fate = connection_fate::close;
  }
  std::string out;
  out.reserve(512 + answer.fields.size());
  out.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  out.append(reason_phrase(answer.status)).append("\r\n").append(answer.fields);
  out.append("Date: ").append(http::format_http_date(ex.shared().clock.wall_now())).append("\r\n");
  out.append("x-amz-request-id: ")
      .append(answer.request_id.empty() ? ex.request_id : answer.request_id)
      .append("\r\n");
  out.append("Cache-Status: ").append(cache_status(ex)).append("\r\n");
  if (auto const& origins = ex.shared().config.cors_origins; !origins.empty()) {
    out += http::cors_fields(ex.head, origins, answer.fields);
  }
  append_framing(out, answer);
  if (!keep) {
    out.append("Connection: close\r\n");
  } else if (ex.head.minor_version == 0) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  return out;
}

awaitable<result<void>> send(exchange& ex, std::string_view head, std::string_view body) {
  note_start(ex);
  auto written = co_await ex.client.write(head, body);
  if (written) {
    ex.sent += body.size();
  }
  co_return written;
}

awaitable<result<void>> send_lent(exchange& ex, std::string_view head, std::span<std::string_view> pieces,
                                  std::size_t size) {
  note_start(ex);
  auto written = co_await ex.client.lend(head, pieces);
  if (written) {
    ex.sent += size;
  }
  co_return written;
}

awaitable<result<void>> send_error(exchange& ex, errc code, error_details details, std::string fields) {
  auto const& row = base::describe(code);
  ex.failure = code;
  if (row.status == 0) {
    co_return code;
  }
  auto const sentence = ex.advice.empty() ? row.sentence : std::string_view(ex.advice);
  if (row.whose != base::fault::client && observe::enabled(observe::room::proxy, observe::level::warn)) {
    observe::warn(observe::room::proxy, std::string(ex.head.method_text) + " " + std::string(ex.head.path) +
                                            " id=" + ex.request_id + ": " + std::string(sentence));
  }
  s3::error_document document{row.s3_code, sentence, ex.head.path, ex.request_id, std::move(details)};
  auto const body = s3::render(document);
  fields.append("Content-Type: application/xml\r\n");
  auto const head = render_head(ex, {.status = row.status,
                                     .fields = fields,
                                     .framing = answer_framing::length,
                                     .length = body.size(),
                                     .request_id = {}});
  auto const is_head = ex.head.method == http::method::head;
  co_return co_await send(ex, head, is_head ? std::string_view{} : std::string_view(body));
}

std::string cache_status(exchange const& ex) {
  std::string out = "s3proxy";
  if (ex.status == 401 || ex.status == 403) {
    return out + "; fwd=bypass";  // who may not read an object is not told what is known of it
  }
  switch (ex.phase) {
    case cache::phase::hit:
      out += "; hit";
      break;
    case cache::phase::miss:
      out += "; fwd=uri-miss";
      break;
    case cache::phase::partial:
      out += "; fwd=partial";
      break;
    case cache::phase::revalidate:
      out += "; fwd=stale";
      break;
    case cache::phase::bypass:
      out += "; fwd=bypass";
      break;
    case cache::phase::none: {
      auto const reads = ex.head.method == http::method::get || ex.head.method == http::method::head;
      return out + (reads ? "; fwd=bypass" : "; fwd=method");
    }
  }
  if (ex.stored) {
    out += "; stored";
  }
  if (ex.collapsed) {
    out += "; collapsed";
  }
  if (ex.reason != cache::reason::none) {
    out.append("; detail=").append(cache::to_text(ex.reason));
  }
  return out;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 416:
      return "Requested Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

}  // namespace s3proxy::proxy
