#include "s3proxy/http/chunked_decoder.hpp"

#include "s3proxy/base/hex_value.hpp"

#include <algorithm>
#include <cstring>

namespace s3proxy::http {

using base::errc;
using base::result;

result<chunked_decoder::decoded> chunked_decoder::decode(std::span<char> bytes) {
  decoded out;
  while (out.taken < bytes.size() && state_ != state::ended) {
    if (state_ != state::data) {
      auto stepped = line_byte(bytes[out.taken]);
      if (!stepped) {
        return stepped.error();
      }
      ++out.taken;
      continue;
    }
    auto const run = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - out.taken));
    if (out.data != out.taken) {
      std::memmove(&bytes[out.data], &bytes[out.taken], run);
    }
    out.data += run;
    out.taken += run;
    left_ -= run;
    if (left_ == 0) {
      state_ = state::data_cr;
    }
  }
  return out;
}

result<void> chunked_decoder::expect(char wanted, char c, state next, errc otherwise) {
  if (c != wanted) {
    return otherwise;
  }
  state_ = next;
  return {};
}

result<void> chunked_decoder::line_byte(char c) {
  switch (state_) {
    case state::size:
      return size_byte(c);
    case state::extension:
      return extension_byte(c);
    case state::size_lf:
      return expect('\n', c, left_ > 0 ? state::data : state::end_cr,
                    extension_ > 0 ? errc::malformed_request : errc::incomplete_body);
    case state::data_cr:
      return expect('\r', c, state::data_lf, errc::incomplete_body);
    case state::data_lf:
      digits_ = 0;
      extension_ = 0;
      return expect('\n', c, state::size, errc::incomplete_body);
    case state::end_cr:
      state_ = c == '\r' ? state::end_lf : state::trailer;
      return c == '\r' ? result<void>{} : line_byte(c);
    case state::trailer:
      // A field: some reader might merge it into the head that was signed without it. Anything else is
      // garbage.
      if (c != ':' && ++extension_ <= longest_extension && c != '\r' && c != '\n') {
        return {};
      }
      return c == ':' ? errc::malformed_request : errc::incomplete_body;
    case state::end_lf:
      return expect('\n', c, state::ended, errc::incomplete_body);
    case state::data:
    case state::ended:
      break;
  }
  return {};
}

result<void> chunked_decoder::extension_byte(char c) {
  // A line end inside quotes would be none to a reader that knows quotes.
  auto const is_plain = c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '"');
  if (is_plain && ++extension_ <= longest_extension) {
    return {};
  }
  return expect('\r', c, state::size_lf, errc::malformed_request);
}

result<void> chunked_decoder::size_byte(char c) {
  constexpr std::size_t most_digits = 16;
  if (auto const digit = base::hex_value(c); digit >= 0) {
    if (++digits_ > most_digits) {
      return errc::incomplete_body;
    }
    left_ = left_ << 4 | static_cast<unsigned>(digit);
    return {};
  }
  if (digits_ == 0) {
    return errc::incomplete_body;
  }
  if (c == ';') {
    extension_ = 1;
    state_ = state::extension;
    return {};
  }
  if (c == '\r') {
    state_ = state::size_lf;
    return {};
  }
  return errc::incomplete_body;
}

}  // namespace s3proxy::http
