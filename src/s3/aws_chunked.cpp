#include "s3proxy/s3/aws_chunked.hpp"

#include "s3proxy/base/hex_value.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace s3proxy::s3 {
namespace {

using base::errc;
using base::result;

constexpr std::string_view signature_extension = ";chunk-signature=";
constexpr std::string_view trailer_signature_name = "x-amz-trailer-signature";

std::optional<base::byte_count> parse_size(std::string_view digits) {
  constexpr std::size_t most_digits = 16;
  if (digits.empty() || digits.size() > most_digits) {
    return std::nullopt;
  }
  base::byte_count size = 0;
  for (auto const c : digits) {
    auto const digit = base::hex_value(c);
    if (digit < 0) {
      return std::nullopt;
    }
    size = size << 4 | static_cast<unsigned>(digit);
  }
  return size;
}

std::string hex_of(base::byte_count size) {
  std::array<char, 16> text;
  auto const end = std::to_chars(text.data(), text.data() + text.size(), size, 16).ptr;
  return {text.data(), end};
}

/// `name:value`, the name in any case, or nothing when the line is not that field.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  auto const colon = line.find(':');
  if (colon == std::string_view::npos || !http::same_name(line.substr(0, colon), name)) {
    return std::nullopt;
  }
  return http::trim(line.substr(colon + 1));
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::optional<base::checksum_algorithm> trailer_algorithm(std::string_view trailer) {
  using enum base::checksum_algorithm;
  constexpr std::array<std::pair<std::string_view, base::checksum_algorithm>, 5> known{
      {{"x-amz-checksum-crc32", crc32},
       {"x-amz-checksum-crc32c", crc32c},
       {"x-amz-checksum-crc64nvme", crc64nvme},
       {"x-amz-checksum-sha1", sha1},
       {"x-amz-checksum-sha256", sha256}}};
  auto const* const found =
      std::ranges::find_if(known, [&](auto const& row) { return row.first == trailer; });
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

std::string without_aws_chunked(std::string_view encodings) {
  std::string out;
  while (!encodings.empty()) {
    auto const token = encodings.substr(0, encodings.find(','));
    encodings.remove_prefix(std::min(token.size() + 1, encodings.size()));
    auto const name = http::trim(token);
    if (!name.empty() && !http::same_name(name, "aws-chunked")) {
      out.append(out.empty() ? "" : ",").append(name);
    }
  }
  return out;
}

aws_chunked_decoder::aws_chunked_decoder(streaming_payload const& expected, aws_chunked_limits const& limits)
    : expected_(expected), limits_(limits) {
  if (auto const algorithm = trailer_algorithm(expected_.trailer)) {
    sum_.emplace(*algorithm);
  }
  if (expected_.seed && lines_are_signed()) {
    chunk_hash_.emplace();
    last_signature_ = expected_.seed->signature;
  }
}

result<std::size_t> aws_chunked_decoder::decode(std::span<char> bytes) {
  std::size_t taken = 0;
  std::size_t kept = 0;
  while (taken < bytes.size()) {
    if (state_ != state::data) {
      auto stepped = line_byte(bytes[taken]);
      if (!stepped) {
        return stepped.error();
      }
      ++taken;
      continue;
    }
    auto const run = static_cast<std::size_t>(std::min<base::byte_count>(left_, bytes.size() - taken));
    std::string_view const data(&bytes[taken], run);
    if (sum_) {
      sum_->update(data);
    }
    if (chunk_hash_) {
      chunk_hash_->update(data);
    }
    if (kept != taken) {
      std::memmove(&bytes[kept], &bytes[taken], run);
    }
    kept += run;
    taken += run;
    left_ -= run;
    if (left_ == 0) {
      auto ended = end_chunk();
      if (!ended) {
        return ended.error();
      }
    }
  }
  return kept;
}

errc aws_chunked_decoder::bad_line() const {
  return state_ == state::trailer_line || state_ == state::trailer_line_end ||
                 state_ == state::trailer_signature_line
             ? errc::malformed_trailer
             : errc::incomplete_body;
}

result<void> aws_chunked_decoder::line_byte(char c) {
  if (state_ == state::ended) {
    return errc::incomplete_body;  // nothing belongs behind the end
  }
  if (c != '\n') {
    // A CR counts as text until a line feed makes it half of a line end.
    if (line_.size() == limits_.line) {
      return bad_line();
    }
    line_ += c;
    return {};
  }
  auto const is_crlf = line_.ends_with('\r');
  if (is_crlf) {
    line_.pop_back();
  }
  auto taken = take_line(is_crlf);
  line_.clear();
  return taken;
}

result<void> aws_chunked_decoder::take_line(bool is_crlf) {
  switch (state_) {
    case state::size_line:
      return take_size_line(is_crlf);
    case state::data_end:
      return take_nothing(state::size_line, is_crlf);
    case state::trailer_line:
      return take_trailer(is_crlf);
    case state::trailer_line_end:
      return take_nothing(lines_are_signed() ? state::trailer_signature_line : state::last_line, is_crlf);
    case state::trailer_signature_line:
      return is_crlf ? take_trailer_signature() : errc::malformed_trailer;
    case state::last_line:
      return take_nothing(state::ended, is_crlf);
    case state::data:
    case state::ended:
      break;
  }
  return {};
}

result<void> aws_chunked_decoder::take_nothing(state next, bool is_crlf) {
  if (!is_crlf || !line_.empty()) {
    return bad_line();
  }
  state_ = next;
  return {};
}

result<void> aws_chunked_decoder::take_size_line(bool is_crlf) {
  std::string_view const line = line_;
  auto const digits = line.substr(0, lines_are_signed() ? line.find(signature_extension) : line.size());
  auto const size = parse_size(digits);
  if (!is_crlf || !size) {
    return errc::incomplete_body;
  }
  if (lines_are_signed()) {
    if (digits.size() == line.size()) {
      return errc::signature_does_not_match;
    }
    auto const signature = base::digest_from_hex(line.substr(digits.size() + signature_extension.size()));
    if (!signature) {
      return errc::signature_does_not_match;
    }
    given_signature_ = *signature;
  }
  return begin_chunk(*size);
}

result<void> aws_chunked_decoder::begin_chunk(base::byte_count size) {
  auto const before = std::exchange(chunk_size_, size);
  if (lines_are_signed()) {
    auto const is_first = decoded_ == 0;
    auto const was_too_small = size > 0 && !is_first && before < limits_.smallest_signed;
    if (was_too_small || size > limits_.largest_signed) {
      return errc::invalid_chunk_size;
    }
  }
  if (size > expected_.decoded_length - decoded_ || (size == 0 && decoded_ < expected_.decoded_length)) {
    return errc::incomplete_body;
  }
  decoded_ += size;
  left_ = size;
  state_ = state::data;
  return size > 0 ? result<void>{} : end_chunk();
}

result<void> aws_chunked_decoder::end_chunk() {
  if (chunk_hash_) {
    auto const hash = base::to_hex(chunk_hash_->finish());
    auto checked = check_signature("AWS4-HMAC-SHA256-PAYLOAD",
                                   std::string(empty_payload_hash).append("\n").append(hash));
    if (!checked) {
      return checked;
    }
  }
  state_ = chunk_size_ > 0             ? state::data_end
           : expected_.trailer.empty() ? state::last_line
                                       : state::trailer_line;
  return {};
}

result<void> aws_chunked_decoder::take_trailer(bool is_crlf) {
  auto const value = value_of(line_, expected_.trailer);
  if (!value || value->empty() || !is_printable(*value)) {
    return errc::malformed_trailer;
  }
  trailer_value_ = *value;
  if (sum_ && sum_->finish() != trailer_value_) {
    return errc::bad_digest;
  }
  // S3's documents show the field with a line feed of its own before the CRLF, and some clients write it so.
  state_ = !is_crlf             ? state::trailer_line_end
           : lines_are_signed() ? state::trailer_signature_line
                                : state::last_line;
  return {};
}

result<void> aws_chunked_decoder::take_trailer_signature() {
  auto const value = value_of(line_, trailer_signature_name);
  if (!value) {
    return errc::malformed_trailer;
  }
  auto const signature = base::digest_from_hex(*value);
  if (!signature) {
    return errc::signature_does_not_match;
  }
  given_signature_ = *signature;
  if (chunk_hash_) {
    auto const hash = base::to_hex(base::sha256(expected_.trailer + ":" + trailer_value_ + "\n"));
    auto checked = check_signature("AWS4-HMAC-SHA256-TRAILER", hash);
    if (!checked) {
      return checked;
    }
  }
  state_ = state::last_line;
  return {};
}

/// `hashes`: what follows the previous signature in the string to sign.
result<void> aws_chunked_decoder::check_signature(std::string_view kind, std::string_view hashes) {
  auto const& seed = *expected_.seed;
  std::string text(kind);
  text.append("\n").append(seed.amz_date).append("\n").append(seed.scope).append("\n");
  text.append(base::to_hex(last_signature_)).append("\n").append(hashes);
  last_signature_ = base::hmac_sha256(seed.signing_key, text);
  if (!base::equal_constant_time(base::as_text(last_signature_), base::as_text(given_signature_))) {
    return errc::signature_does_not_match;
  }
  return {};
}

aws_chunked_framer::step aws_chunked_framer::next(std::size_t available) {
  step out;
  if (chunk_left_ == 0) {
    chunk_left_ = std::min(chunk_size, left_);
    out.framing.append(std::exchange(begun_, true) ? "\r\n" : "").append(hex_of(chunk_left_)).append("\r\n");
  }
  auto const data = std::min<base::byte_count>(available, chunk_left_);
  chunk_left_ -= data;
  left_ -= data;
  out.data = static_cast<std::size_t>(data);
  return out;
}

std::string aws_chunked_framer::end(std::string_view trailer, std::string_view value) const {
  std::string out = begun_ ? "\r\n0\r\n" : "0\r\n";
  out.append(trailer).append(":").append(value).append("\r\n\r\n");
  return out;
}

base::byte_count aws_chunked_framer::encoded_length(base::byte_count decoded_length, std::string_view trailer,
                                                    std::size_t value_size) {
  auto const around = [](base::byte_count size) { return hex_of(size).size() + 4 + size; };
  auto const rest = decoded_length % chunk_size;
  auto const chunks = decoded_length / chunk_size * around(chunk_size) + (rest > 0 ? around(rest) : 0);
  return chunks + std::string_view("0\r\n:\r\n\r\n").size() + trailer.size() + value_size;
}

}  // namespace s3proxy::s3
