#pragma once

#include "support/aws_chunks.hpp"
#include "support/world.hpp"

#include <functional>
#include <optional>
#include <string>

namespace s3proxy::test {

/// An upload whose body comes in chunks of its own.
struct streamed {
  enum class signing { none, chunks } lines = signing::none;
  enum class transport { content_length, transfer_chunks } by = transport::content_length;
  std::string data;
  std::string trailer{};               ///< the field's name; empty: none
  std::optional<std::string> value{};  ///< default: the checksum of the data
  std::size_t chunk = 64 * 1024;       ///< size of the chunks
  fields headers{};
  std::optional<std::size_t> announced{};     ///< as x-amz-decoded-content-length; default: the data's
  std::function<void(std::string&)> spoil{};  ///< changes the chunks as they will be sent
  std::string target = "/bucket/k";
};

/// The value that goes with a trailer of one of S3's algorithms.
std::string checksum_of(std::string const& data, std::string const& trailer);

/// The bytes of the request, signed with the world's keys.
std::string signed_bytes(world& w, streamed const& what);

/// The data of an aws-chunked body that came to the store, or nothing when it is not whole and right.
std::optional<std::string> data_of(received const& upload);

/// Every form of body in chunks that S3 knows, with its name.
struct streamed_form {
  std::string name;
  streamed::signing lines;
  streamed::transport by;
  std::string trailer;
};
std::vector<streamed_form> streamed_forms();

}  // namespace s3proxy::test
