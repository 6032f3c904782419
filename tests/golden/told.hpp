#pragma once

#include "s3proxy/s3/sigv4.hpp"

#include <string>

namespace s3proxy::s3 {

/// What verification read from a head, in the words of forms.py: `header sha256=<hex>`, `query unsigned`,
/// `header chunks=signed length=66560 trailer=- seed=<date>,<scope>,<signature>`.
inline std::string told(verified const& what) {
  std::string out = what.signature == signature_place::header  ? "header "
                    : what.signature == signature_place::query ? "query "
                                                               : "none ";
  if (auto const* hashed = std::get_if<hashed_payload>(&what.payload)) {
    return out + "sha256=" + base::to_hex(hashed->sha256);
  }
  auto const* chunks = std::get_if<streaming_payload>(&what.payload);
  if (!chunks) {
    return out + "unsigned";
  }
  out += chunks->lines == streaming_payload::chunks::with_signatures ? "chunks=signed" : "chunks=unsigned";
  out += " length=" + std::to_string(chunks->decoded_length);
  out += " trailer=" + (chunks->trailer.empty() ? "-" : chunks->trailer);
  return out + " seed=" +
         (chunks->seed ? chunks->seed->amz_date + "," + chunks->seed->scope + "," +
                             base::to_hex(chunks->seed->signature)
                       : "-");
}

}  // namespace s3proxy::s3
