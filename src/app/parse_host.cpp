#include "s3proxy/app/parse_host.hpp"

#include "s3proxy/app/endpoint.hpp"

#include <boost/asio/ip/address.hpp>

namespace s3proxy::app {
namespace {

refusal refuse(std::string_view value, std::string_view why, std::string_view allowed) {
  return refusal::because(in_backticks(value) + " " + std::string(why) +
                          "; allowed: " + std::string(allowed));
}

bool is_ip_address(std::string_view text) {
  boost::system::error_code failure;
  boost::asio::ip::make_address(std::string(text), failure);
  return !failure;
}

}  // namespace

parsed<std::string> parse_domain(std::string_view text) {
  constexpr std::string_view allowed =
      "a name without scheme and port, such as s3.example.com: buckets are then BUCKET.s3.example.com";
  if (is_ip_address(text)) {
    return refuse(text, "is an address, and no bucket's name can stand before it", allowed);
  }
  // A host name is what is left of a URL when there is nothing but one in it.
  auto const url = parse_endpoint("http://" + std::string(text));
  bool const is_name = url && text.find_first_of(":/") == std::string_view::npos;
  if (!is_name) {
    return refuse(text, "is not a domain", allowed);
  }
  return url->host;
}

parsed<std::string> parse_cors_origin(std::string_view text) {
  if (text == "*") {
    return std::string(text);
  }
  auto const url = parse_endpoint(text);
  if (!url || text.ends_with('/')) {
    // Not the text of parse_endpoint, which speaks of stores; nor ours, where it may hold a password.
    auto const shown = text.find('@') == std::string_view::npos ? in_backticks(text) : "what is given";
    return refusal::because(shown +
                            " is not an origin; allowed: *, or a scheme and a host with nothing behind them, "
                            "such as https://app.example.com or http://localhost:8080");
  }
  return url->url();
}

}  // namespace s3proxy::app
