// A body in chunks decodes to the same however it is cut, what ended is what was promised, and what we frame
// ourselves comes back whole.

#include "s3proxy/s3/aws_chunked.hpp"

#include "s3proxy/base/checksum.hpp"
#include "s3proxy/http/chunked_decoder.hpp"

#include "property.hpp"

#include <algorithm>
#include <string>

namespace s3proxy::fuzz {
namespace {

struct decoded {
  std::string data;
  bool ended = false;
  bool failed = false;
};

decoded decode_chunks(s3::streaming_payload const& how, std::string_view wire, std::size_t step) {
  s3::aws_chunked_decoder decoder(how);
  decoded out;
  for (std::size_t at = 0; at < wire.size(); at += step) {
    std::string piece(wire.substr(at, step));
    auto const kept = decoder.decode(piece);
    if (!kept) {
      out.failed = true;
      return out;
    }
    must(*kept <= piece.size(), "decoding never grows");
    out.data += piece.substr(0, *kept);
  }
  out.ended = decoder.ended();
  return out;
}

decoded decode_transfer(std::string_view wire, std::size_t step) {
  http::chunked_decoder decoder;
  decoded out;
  for (std::size_t at = 0; at < wire.size() && !decoder.ended(); at += step) {
    std::string piece(wire.substr(at, step));
    auto const got = decoder.decode(piece);
    if (!got) {
      out.failed = true;
      return out;
    }
    must(got->data <= got->taken && got->taken <= piece.size(),
         "it takes what it gives, and no more than is there");
    out.data += piece.substr(0, got->data);
  }
  out.ended = decoder.ended();
  return out;
}

/// Where a faulty body shows itself may depend on how it came; what was right does not.
void check_same(decoded const& whole, decoded const& pieces) {
  must(whole.failed == pieces.failed && whole.ended == pieces.ended, "the end does not depend on the cut");
  must(whole.failed || whole.data == pieces.data, "nor do the bytes");
}

void check_arbitrary(source in) {
  s3::streaming_payload how;
  auto const form = in.byte();
  how.lines = form % 2 == 0 ? s3::streaming_payload::chunks::without_signatures
                            : s3::streaming_payload::chunks::with_signatures;
  how.trailer = form % 3 == 0 ? "" : "x-amz-checksum-crc32";
  how.decoded_length = in.byte();
  auto const step = std::max<std::size_t>(1, in.byte());
  auto const wire = in.rest();
  auto const whole = decode_chunks(how, wire, std::max<std::size_t>(1, wire.size()));
  check_same(whole, decode_chunks(how, wire, step));
  check_same(whole, decode_chunks(how, wire, 1));
  must(!whole.ended || whole.data.size() == how.decoded_length, "what ended has the promised length");

  auto const transfer = decode_transfer(wire, std::max<std::size_t>(1, wire.size()));
  check_same(transfer, decode_transfer(wire, step));
  check_same(transfer, decode_transfer(wire, 1));
}

void check_round_trip(source in) {
  auto const spoil_at = in.number();
  auto const step = std::max<std::size_t>(1, in.byte());
  auto const body = in.rest();
  s3::streaming_payload how;
  how.trailer = "x-amz-checksum-crc64nvme";
  how.decoded_length = body.size();
  base::checksum sum(base::checksum_algorithm::crc64nvme);
  sum.update(body);
  auto const value = sum.finish();

  s3::aws_chunked_framer framer(body.size());
  std::string wire;
  for (auto rest = body; !rest.empty();) {
    auto const next = framer.next(std::min(rest.size(), step));
    wire.append(next.framing).append(rest.substr(0, next.data));
    rest.remove_prefix(next.data);
  }
  wire += framer.end(how.trailer, value);
  must(wire.size() == s3::aws_chunked_framer::encoded_length(body.size(), how.trailer, value.size()),
       "the length is known in advance");
  auto const back = decode_chunks(how, wire, step);
  must(back.ended && back.data == body, "what we frame comes back");

  auto spoilt = wire;
  auto& changed = spoilt[spoil_at % spoilt.size()];
  changed = static_cast<char>(changed ^ 1);
  auto const wrong = decode_chunks(how, spoilt, step);
  must(!wrong.ended || wrong.data == body, "a changed byte never becomes another body");
}

}  // namespace
}  // namespace s3proxy::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace s3proxy::fuzz;
  auto const bytes = as_text(data, size);
  check_arbitrary(source(bytes));
  check_round_trip(source(bytes));
  return 0;
}
