#pragma once

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/s3/payload.hpp"

#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::test {

/// Writes an aws-chunked body as a client does, with a signer of its own.
class aws_chunks {
 public:
  /// `seed`: set for signed chunks.
  explicit aws_chunks(std::optional<s3::chunk_seed> seed = {}) : seed_(std::move(seed)) {
    if (seed_) {
      last_ = base::to_hex(seed_->signature);
    }
  }

  aws_chunks& chunk(std::string_view data) {
    std::ostringstream line;
    line << std::hex << data.size();
    if (seed_) {
      static std::string const empty = base::to_hex(base::sha256(""));
      sign("AWS4-HMAC-SHA256-PAYLOAD", empty + "\n" + base::to_hex(base::sha256(data)));
      line << ";chunk-signature=" << last_;
    }
    out_ += line.str() + "\r\n" + std::string(data) + (data.empty() ? "" : "\r\n");
    return *this;
  }
  /// All of `data` in chunks of `size`, and the final one.
  aws_chunks& chunks(std::string_view data, std::size_t size) {
    for (std::size_t at = 0; at < data.size(); at += size) {
      chunk(data.substr(at, size));
    }
    return chunk({});
  }
  aws_chunks& trailer(std::string const& name, std::string const& value,
                      std::string const& line_end = "\r\n") {
    out_ += name + ":" + value + line_end;
    if (seed_) {
      sign("AWS4-HMAC-SHA256-TRAILER", base::to_hex(base::sha256(name + ":" + value + "\n")));
      out_ += "x-amz-trailer-signature:" + last_ + "\r\n";
    }
    return *this;
  }
  std::string str() const { return out_ + "\r\n"; }

 private:
  void sign(std::string const& kind, std::string const& hashes) {
    auto const text = kind + "\n" + seed_->amz_date + "\n" + seed_->scope + "\n" + last_ + "\n" + hashes;
    last_ = base::to_hex(base::hmac_sha256(seed_->signing_key, text));
  }

  std::optional<s3::chunk_seed> seed_;
  std::string last_;
  std::string out_;
};

/// The same bytes in transfer chunks of `size`.
inline std::string in_transfer_chunks_of(std::string_view body, std::size_t size) {
  std::ostringstream out;
  out << std::hex;
  for (std::size_t at = 0; at < body.size(); at += size) {
    auto const piece = body.substr(at, size);
    out << piece.size() << "\r\n" << piece << "\r\n";
  }
  out << "0\r\n\r\n";
  return out.str();
}

}  // namespace s3proxy::test
