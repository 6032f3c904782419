// What the framing guard accepts has one meaning: written down again, it reads the same.

#include "s3proxy/http/request_head.hpp"

#include "property.hpp"

#include <algorithm>
#include <string>

namespace s3proxy::fuzz {
namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string written(http::request_head const& head) {
  std::string out(head.method_text);
  out.append(" ").append(head.target).append(head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (auto const& [name, value] : head.fields) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return out + "\r\n";
}

void check_views(http::request_head const& head, std::string_view raw) {
  must(lies_in(head.target, raw) && lies_in(head.path, raw) && lies_in(head.query, raw),
       "views lie in the head");
  for (auto const& [name, value] : head.fields) {
    must(lies_in(name, raw) && lies_in(value, raw), "fields lie in the head");
    must(!name.empty() && name.find_first_of(" :\r\n") == name.npos, "names are tokens");
    must(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos, "values hold no line ends");
  }
}

void check_frame(http::request_head const& head) {
  must(head.fields.count("host") == 1, "there is one host");
  must(head.fields.count("content-length") + head.fields.count("transfer-encoding") <= 1,
       "there is one length");
  must((head.body == http::body_kind::chunked) == head.fields.contains("transfer-encoding"),
       "the coding counts");
  must(head.target.starts_with("/"), "the target is a path");
  auto const plain = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
  must(std::all_of(head.target.begin(), head.target.end(), plain), "the target is plain");
}

}  // namespace
}  // namespace s3proxy::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace s3proxy;
  auto const bytes = fuzz::as_text(data, size);
  auto const end = http::find_head_end(bytes, 0);
  for (std::size_t looked = 0; looked < std::min<std::size_t>(size, 64); ++looked) {
    auto const before = http::find_head_end(bytes.substr(0, looked), 0);
    fuzz::must(!before || before == end, "the end of a head does not move");
    fuzz::must(before || http::find_head_end(bytes, looked) == end, "looking on finds the same end");
  }
  if (!end) {
    return 0;
  }
  auto const raw = bytes.substr(0, *end);
  auto const head = http::parse_request_head(raw);
  if (!head) {
    return 0;
  }
  fuzz::check_views(*head, raw);
  fuzz::check_frame(*head);
  auto const again_raw = fuzz::written(*head);
  auto const again = http::parse_request_head(again_raw);
  fuzz::must(again.has_value(), "what was accepted is accepted again");
  fuzz::must(fuzz::written(*again) == again_raw, "and reads the same");
  fuzz::must(again->body == head->body && again->content_length == head->content_length &&
                 again->keep_alive == head->keep_alive && again->expects_continue == head->expects_continue,
             "with the same frame");
  return 0;
}
