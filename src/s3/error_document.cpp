#include "s3proxy/s3/error_document.hpp"

#include "s3proxy/http/target.hpp"

#include <cstddef>

namespace s3proxy::s3 {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::size_t length_by_lead(unsigned char lead) {
  return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
}

/// The character at the front of `text`, a byte above 0x7F: empty when XML 1.0 cannot carry it.
std::string_view wide_character(std::string_view text) {
  auto const one = text.substr(0, length_by_lead(static_cast<unsigned char>(text.front())));
  bool const is_noncharacter = one == "\xEF\xBF\xBE" || one == "\xEF\xBF\xBF";  // U+FFFE, U+FFFF
  return http::is_utf8(one) && !is_noncharacter ? one : std::string_view{};
}

void append_narrow(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&apos;";
      return;
    case '\r':
      out += "&#13;";  // a bare one would be read back as a line feed
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') {
    out += replacement;
  } else {
    out += c;
  }
}

void append_element(std::string& out, std::string_view name, std::string_view text) {
  out.append("<").append(name).append(">");
  out += xml_escape(text);
  out.append("</").append(name).append(">");
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      append_narrow(out, text.front());
      text.remove_prefix(1);
      continue;
    }
    auto const wide = wide_character(text);
    out += wide.empty() ? replacement : wide;
    text.remove_prefix(wide.empty() ? 1 : wide.size());
  }
  return out;
}

std::string render(error_document const& document) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
  append_element(out, "Code", document.code);
  append_element(out, "Message", document.message);
  for (auto const& [name, text] : document.details) {
    append_element(out, name, text);
  }
  append_element(out, "Resource", document.resource);
  append_element(out, "RequestId", document.request_id);
  out += "</Error>";
  return out;
}

}  // namespace s3proxy::s3
