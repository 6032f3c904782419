#include "s3proxy/app/admin.hpp"

#include "s3proxy/observe/exposition.hpp"
#include "s3proxy/proxy/answer.hpp"
#include "s3proxy/proxy/authorize.hpp"

#include <utility>

namespace s3proxy::app {
namespace {

using observe::exposition;

admin_pages::page refusal_page(unsigned status, std::string sentence) {
  return {.status = status, .body = std::move(sentence) + "\n"};
}

admin_pages::page page_of(base::errc code) {
  auto const& row = base::describe(code);
  return refusal_page(row.status, std::string(row.sentence));
}

std::string render(admin_pages::page const& page) {
  auto head = "HTTP/1.1 " + std::to_string(page.status) + " ";
  head.append(proxy::reason_phrase(page.status)).append("\r\nContent-Type: ").append(page.type);
  head.append("\r\nContent-Length: ").append(std::to_string(page.body.size()));
  head.append(page.status == 405 ? "\r\nAllow: GET" : "");
  // A page that a browser shows is text, whatever a key in it looks like.
  head.append("\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  return head;
}

void expose_cache(exposition& out, proxy::services const& shared) {
  using enum exposition::kind;
  auto const blocks = shared.blocks.block_count();
  out.family("s3proxy_cache_size_bytes", gauge, "Memory that is taken, by what for.");
  out.sample(blocks * cache::block_size, {{"kind", "data"}});
  out.sample(shared.index.charge(), {{"kind", "metadata"}});
  out.family("s3proxy_cache_capacity_bytes", gauge, "Memory that may be taken, by what for.");
  out.sample(shared.blocks.budget(), {{"kind", "data"}});
  out.sample(shared.config.memory / shared.config.limits.metadata_part, {{"kind", "metadata"}});
  out.single("s3proxy_cache_blocks", gauge, "Blocks of objects that are held, in whole or in part.", blocks);
  out.single("s3proxy_cache_objects", gauge, "Objects of which something is known.", shared.index.count());
  out.single("s3proxy_cache_in_flight_bytes", gauge,
             "Bytes that are on their way from the store into the cache.", shared.blocks.in_flight());
  out.single("s3proxy_fills_open", gauge, "Fetches into the cache that are under way.",
             shared.open_fills.load());
}

}  // namespace

admin_pages::admin_pages(proxy::services& shared, admin_reach reach, std::function<std::size_t()> connections)
    : shared_(shared), reach_(reach), connections_(std::move(connections)) {}

admin_pages::page admin_pages::answer(http::request_head const& asked) const {
  if (reach_ == admin_reach::this_machine && proxy::may_be_foreign_page(asked.fields, {})) {
    return refusal_page(403, "Ask for this page by the address of this machine, not from another page.");
  }
  if (asked.method != http::method::get) {
    return refusal_page(405, "Pages can be read here, and nothing else: GET.");
  }
  if (asked.path == "/-/metrics") {
    return {.type = exposition::content_type, .body = metrics()};
  }
  if (asked.path == "/-/health") {
    return {.body = "ok\n"};
  }
  if (asked.path == "/-/read-ahead") {
    return {.body = read_ahead()};
  }
  return refusal_page(404, "There are /-/metrics, /-/health and /-/read-ahead.");
}

std::string admin_pages::metrics() const {
  using enum exposition::kind;
  exposition out;
  out.family("s3proxy_build_info", gauge, "The version that runs.");
  out.sample(1, {{"version", S3PROXY_VERSION}});
  out.single("s3proxy_connections_open", gauge, "Connections of clients.", connections_());
  shared_.requests.expose(out);
  expose_cache(out, shared_);
  shared_.read_ahead_counts.expose(out);
  return out.text();
}

std::string admin_pages::read_ahead() const {
  auto const mode = "read-ahead: " + std::string(read_ahead::to_text(shared_.config.read_ahead.mode)) + "\n";
  return shared_.read_ahead_page ? mode + shared_.read_ahead_page() : mode;
}

boost::asio::awaitable<void> serve_admin(admin_pages const& pages, admin_limits const& limits,
                                         std::shared_ptr<net::server_connection> client) {
  auto raw = co_await client->read_head();
  if (!raw) {
    co_return;
  }
  auto const asked = http::parse_request_head(*raw, {.head_bytes = limits.head_bytes});
  auto const page = asked ? pages.answer(*asked) : page_of(base::to_errc(asked.error()));
  auto const head = render(page);
  bool const is_head = asked && asked->method == http::method::head;
  auto written = co_await client->write(head, is_head ? std::string_view() : std::string_view(page.body));
  if (written) {
    co_await client->close_lingering();
  }
}

}  // namespace s3proxy::app
