// The canonical form is a form: taking it again changes nothing, and how a byte was written does not matter.

#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include "property.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace s3proxy::fuzz {
namespace {

/// Every byte percent-encoded but for those that divide.
std::string written_out(std::string_view text, std::string_view dividers) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (char const c : text) {
    if (dividers.find(c) != dividers.npos) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

void check_path(std::string_view raw) {
  auto const once = s3::canonical_path(raw);
  auto const decoded = http::percent_decode(raw, http::plus::is_literal);
  if (!decoded) {
    return;
  }
  must(s3::canonical_path(once) == once, "a canonical path is its own canonical path");
  must(s3::canonical_path(written_out(*decoded, "/")) == once, "how its bytes are written does not matter");
  must(http::percent_decode(once, http::plus::is_literal).value() == *decoded, "it names the same key");
}

void check_query(std::string_view raw) {
  if (!http::query_list::parse(raw)) {
    return;
  }
  auto const once = s3::canonical_query(raw);
  must(s3::canonical_query(once) == once, "a canonical query is its own canonical query");
  std::vector<std::string_view> pieces;
  for (auto rest = raw; !rest.empty();) {
    auto const piece = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
    pieces.push_back(piece);
  }
  std::string reversed;
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    reversed.append(reversed.empty() ? "" : "&").append(*piece);
  }
  must(s3::canonical_query(reversed) == once, "the order of parameters does not matter");
}

void check_headers(std::string_view value) {
  http::field_list plain, padded;
  std::string const spaced = "  " + std::string(value) + " \t";
  plain.add({"X-A", http::trim(value)});
  padded.add({"x-a", spaced});
  std::vector<std::string_view> const names{"x-a"};
  auto const form = [&](http::field_list const& fields) {
    return s3::canonical_request({"GET", "/", "", fields, names, "x-a", "UNSIGNED-PAYLOAD"});
  };
  must(form(plain) == form(padded), "white space around a value does not matter");
}

}  // namespace
}  // namespace s3proxy::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace s3proxy::fuzz;
  std::string bytes(as_text(data, size));
  check_headers(bytes);
  for (auto& c : bytes) {  // a target holds what the framing guard lets through
    c = static_cast<char>('!' + static_cast<unsigned char>(c) % 94);
  }
  auto const mark = bytes.find('?');
  std::string_view const target = bytes;
  check_path(target.substr(0, mark));
  check_query(mark == target.npos ? target : target.substr(mark + 1));
  return 0;
}
