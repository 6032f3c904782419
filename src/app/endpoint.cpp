#include "s3proxy/app/endpoint.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace s3proxy::app {
namespace {

constexpr std::string_view example =
    "; write it as https://s3.eu-west-1.amazonaws.com or http://localhost:9000";

refusal refuse(std::string_view value, std::string_view why, std::string_view remedy = example) {
  return refusal::because(in_backticks(value) + " " + std::string(why) + std::string(remedy));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// RFC 1123 names, and the underscore that container networks put into them.
bool is_host_name(std::string_view host) {
  std::size_t label = 0;
  for (auto const c : host) {
    if (c == '.') {
      if (label == 0) {
        return false;
      }
      label = 0;
    } else if (!is_host_character(c) || ++label > 63) {
      return false;
    }
  }
  return label > 0 && host.size() <= 253;
}

bool is_ipv6(std::string_view text) {
  boost::system::error_code failure;
  boost::asio::ip::make_address_v6(std::string(text), failure);
  // A zone (`fe80::1%eth0`) has no place in a Host header.
  return !failure && text.find('%') == std::string_view::npos;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  bool const whole = !text.empty() && end == text.data() + text.size();
  return whole && failure == std::errc{} && port != 0 ? std::optional(port) : std::nullopt;
}

struct authority_parts {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// Cuts `host:port` and `[v6]:port`; nothing when the brackets do not close or junk follows them.
std::optional<authority_parts> split_authority(std::string_view text) {
  auto const close = text.starts_with('[') ? text.find(']') : 0;
  if (close == std::string_view::npos) {
    return std::nullopt;
  }
  auto const colon = text.find(':', close);
  if (close != 0 && close + 1 != std::min(colon, text.size())) {
    return std::nullopt;
  }
  if (colon == std::string_view::npos) {
    return authority_parts{text, std::nullopt};
  }
  return authority_parts{text.substr(0, colon), text.substr(colon + 1)};
}

parsed<url_scheme> scheme_of(std::string_view text, std::size_t separator) {
  if (separator == std::string_view::npos) {
    auto const name = std::string(text.substr(0, text.find('/')));
    return refuse(text, "has no scheme", "; write http://" + name + " or https://" + name);
  }
  auto const name = lower(text.substr(0, separator));
  if (name == "http") {
    return url_scheme::http;
  }
  if (name == "https") {
    return url_scheme::https;
  }
  return refuse(text, name == "s3" ? "names a bucket, not a server" : "has neither scheme http nor https");
}

parsed<endpoint_url> with_authority(std::string_view text, url_scheme scheme, std::string_view authority) {
  if (authority.find(':') != authority.rfind(':') && !authority.starts_with('[')) {
    return refuse(text, "has several colons", "; an IPv6 address needs brackets, as in http://[::1]:9000");
  }
  auto const parts = split_authority(authority);
  if (!parts || authority.empty()) {
    return refuse(text, "names no host");
  }
  endpoint_url url;
  url.scheme = scheme;
  url.port = scheme == url_scheme::https ? 443 : 80;
  if (parts->port) {
    auto const port = port_of(*parts->port);
    if (!port) {
      return refuse(text, "has a port that is not 1 to 65535");
    }
    url.port = *port;
  }
  bool const bracketed = parts->host.starts_with('[');
  url.host = lower(bracketed ? parts->host.substr(1, parts->host.size() - 2) : parts->host);
  if (bracketed ? !is_ipv6(url.host) : !is_host_name(url.host)) {
    return refuse(text, "has a host that is neither a name nor an address");
  }
  return url;
}

}  // namespace

std::string endpoint_url::authority() const {
  bool const is_v6 = host.find(':') != std::string::npos;
  auto text = is_v6 ? "[" + host + "]" : host;
  if (port != (scheme == url_scheme::https ? 443 : 80)) {
    text += ":" + std::to_string(port);
  }
  return text;
}

std::string endpoint_url::url() const {
  return (scheme == url_scheme::https ? "https://" : "http://") + authority();
}

parsed<endpoint_url> parse_endpoint(std::string_view text) {
  // Before anything that would quote the text: what stands before an @ may be a password.
  if (text.find('@') != std::string_view::npos) {
    return refusal::because(
        "the URL holds a user name or password (not shown here); keys come from the environment or the AWS "
        "files, "
        "never from the endpoint");
  }
  if (auto const query = text.find_first_of("?#"); query != std::string_view::npos) {
    return refuse(text.substr(0, query),
                  "is followed by a query or a fragment; the endpoint is a server alone");
  }
  auto const separator = text.find("://");
  auto const scheme = scheme_of(text, separator);
  if (!scheme) {
    return scheme.error();
  }
  auto const rest = text.substr(separator + 3);
  auto const slash = rest.find('/');
  if (slash != std::string_view::npos && slash + 1 != rest.size()) {
    return refuse(
        text, "has a path; the endpoint is a server alone, and clients name the bucket in their requests");
  }
  return with_authority(text, *scheme, rest.substr(0, slash));
}

}  // namespace s3proxy::app
