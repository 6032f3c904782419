// A range that resolves lies in the object, and what we write of it reads back.

#include "s3proxy/http/byte_range.hpp"

#include "property.hpp"

#include <variant>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace s3proxy;
  fuzz::source in(fuzz::as_text(data, size));
  auto const object_size = in.number() >> (in.byte() % 64);
  if (auto const told = http::parse_content_range(in.rest())) {
    fuzz::must(!told->span.empty() && told->span.end <= told->size, "a told span lies in the told size");
    fuzz::must(http::parse_content_range(http::content_range(told->span, told->size)) == told,
               "it reads back");
  }
  auto const parsed = http::parse_range(in.rest());
  auto const* spec = std::get_if<http::range_spec>(&parsed);
  if (!spec) {
    return 0;
  }
  auto const span = http::resolve(*spec, object_size);
  if (!span) {
    return 0;
  }
  fuzz::must(!span->empty(), "a resolved range is not empty");
  fuzz::must(span->end <= object_size, "no byte outside the object");
  auto const written = http::parse_range(http::range_header(*span));
  auto const* again = std::get_if<http::range_spec>(&written);
  fuzz::must(again && http::resolve(*again, object_size).value() == *span, "asked again it is the same");
  return 0;
}
