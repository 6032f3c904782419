// A footer says the same however it is cut into pieces, and a layout it gives keeps all laws.

#include "property.hpp"
#include "support/read_footer.hpp"

#include <string>

namespace s3proxy::fuzz {
namespace {

using namespace read_ahead;

void keeps_its_laws(tail const& t, std::size_t step, footer_limits const& limits) {
  auto const whole = read_footer(t, limits);
  must(same(read_footer(t, 1, 0, limits), whole), "byte by byte is the same as whole");
  must(same(read_footer(t, step, 0, limits), whole), "and so is any other cut");
  must(same(read_footer(t, t.bytes.size(), step % (t.bytes.size() - 8), limits), whole), "and two pieces");
  if (auto const* found = std::get_if<layout>(&whole)) {
    auto const law = broken_law(*found, t.object_size, limits);
    must(law.empty(), law.c_str());
    must(found->footprint() <= sizeof(layout) + 8 * t.bytes.size(), "memory follows the bytes");
  }
}

}  // namespace
}  // namespace s3proxy::fuzz

// The input: the bytes before the footer (eight), the size of the pieces (one), the metadata.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace s3proxy;
  using namespace s3proxy::fuzz;
  source in(as_text(data, size));
  auto const before = in.number() % (std::uint64_t{1} << 48);
  std::size_t const step = 1U + in.byte();
  if (in.rest().empty()) {
    return 0;
  }
  auto const last = in.rest().substr(in.rest().size() - std::min<std::size_t>(in.rest().size(), 8));
  auto const found = find_footer(last, before, {});
  if (auto const* span = std::get_if<base::byte_span>(&found)) {
    must(span->begin >= 4 && span->size() > 8 && span->end == before, "a footer lies behind the magic");
  }
  auto const t = tail_of(std::string(in.rest()), before);
  keeps_its_laws(t, step, {});
  keeps_its_laws(t, step, {.chunks = 5, .depth = 7, .schema_depth = 3, .disordered = 2});
  return 0;
}
