// What we write into an error document, a reader of XML finds in it; nothing else is read out of any bytes.

#include "s3proxy/s3/xml.hpp"

#include "s3proxy/s3/error_document.hpp"

#include "property.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace s3proxy;
  auto const bytes = fuzz::as_text(data, size);
  if (auto const error = s3::parse_error_document(bytes)) {
    fuzz::must(error->code.size() + error->message.size() <= size, "nothing grows by being read");
  }
  fuzz::source in(bytes);
  std::string const message(in.take(in.byte()));
  std::string const resource(in.take(in.byte()));
  std::string const detail(in.rest());
  auto const document = s3::render({"SomeCode", message, resource, "ID", {{"Detail", detail}}});
  auto const read = s3::parse_error_document(document);
  if (document.size() <= 64 * 1024) {
    fuzz::must(read.has_value(), "our own document can be read");
    fuzz::must(read->code == "SomeCode", "and keeps its code whatever the texts hold");
  }
  auto const inside = document.substr(document.find("<Message>") + 9);
  fuzz::must(inside.find("<Code>") == inside.npos, "no text becomes markup");
  for (char const c : document) {
    auto const byte = static_cast<unsigned char>(c);
    fuzz::must(byte >= 0x20 || c == '\t' || c == '\n' || c == '\r', "no control byte gets out");
  }
  return 0;
}
