// A document says the same however it is cut into pieces.

#include "s3proxy/s3/document_scanner.hpp"

#include "property.hpp"

#include <string>
#include <vector>

namespace s3proxy::fuzz {
namespace {

/// Everything that the three scanners report, as text.
std::string reports(std::string_view bytes, std::size_t step, bool url) {
  std::string listed, deleted, read;
  s3::list_scanner listing([&](s3::listed_object const& found) {
    listed += "object " + found.key.str() + "|" + found.tag.str() + "|" + std::to_string(found.size) + "|" +
              std::to_string(static_cast<int>(found.storage_class)) + "\n";
    must(!found.key.str().empty(), "an entry has a key");
    must(!found.tag.str().empty(), "an entry has a tag");
  });
  if (url) {
    listing.expect_url_encoding();
  }
  s3::delete_scanner deletion([&](std::string_view key, bool cut_off) {
    deleted.append("delete ").append(key).append(cut_off ? " cut\n" : "\n");
    must(key.size() <= s3::xml_scanner::max_text, "texts are bounded");
  });
  s3::xml_scanner elements([&](std::string_view path, std::string_view text, bool truncated) {
    read.append(path).append("=").append(text).append(truncated ? " cut\n" : "\n");
  });
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto const piece = bytes.substr(at, step);
    listing.feed(piece);
    deletion.feed(piece);
    elements.feed(piece);
  }
  return listed + deleted + read;
}

}  // namespace
}  // namespace s3proxy::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace s3proxy::fuzz;
  if (size < 2) {
    return 0;
  }
  auto const bytes = as_text(data + 1, size - 1);
  bool const url = data[0] % 2 != 0;
  auto const whole = reports(bytes, bytes.size(), url);
  must(reports(bytes, 1, url) == whole, "byte by byte is the same as whole");
  must(reports(bytes, 1 + data[0] / 2, url) == whole, "and so is any other cut");
  return 0;
}
