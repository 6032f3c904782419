#pragma once

#include "s3proxy/cache/entry.hpp"
#include "s3proxy/cache/moment.hpp"
#include "s3proxy/cache/object.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace s3proxy::cache::known_object {

using namespace std::chrono_literals;

inline object_id const id{base::bucket_name("lake"), base::object_key("t/a.parquet"), std::nullopt};
inline constexpr http::wall_time written = std::chrono::sys_days{std::chrono::year{2024} / 3 / 1};

inline moment moment_of(std::uint64_t order, std::chrono::seconds at = 0s) {
  return {time_point(at), order};
}

inline identity identity_of(std::string_view tag, base::byte_count size = 1000,
                            std::optional<std::string_view> version = "") {
  identity out{base::etag(tag), size, std::nullopt};
  if (version) {
    out.version = base::version_id(*version);
  }
  return out;
}

enum class checksums { unknown, known };

inline std::shared_ptr<object_headers const> headers_of(std::string_view type,
                                                        checksums sums = checksums::known) {
  object_headers out;
  out.fields.add("Content-Type", type);
  out.rendered = "Content-Type: " + std::string(type) + "\r\n";
  out.checksums_known = sums == checksums::known;
  if (out.checksums_known) {
    out.checksums.add("x-amz-checksum-crc32", "AAAAAA==");
    out.rendered_checksums = "x-amz-checksum-crc32: AAAAAA==\r\n";
  }
  return std::make_shared<object_headers const>(std::move(out));
}

/// What an answer of the object itself tells.
inline told answer(std::string_view tag, std::string_view type = "text/csv",
                   checksums sums = checksums::known) {
  return {identity_of(tag), written, headers_of(type, sums)};
}
/// What a listing tells: no headers, no version id.
inline told listing(std::string_view tag, std::optional<http::wall_time> modified = written,
                    base::byte_count size = 1000) {
  return {identity_of(tag, size, std::nullopt), modified, nullptr};
}

inline evidence answered(std::uint64_t order, told what) {
  return {evidence_source::answer, moment_of(order), std::move(what)};
}
inline evidence listed(std::uint64_t order, told what) {
  return {evidence_source::listing, moment_of(order), std::move(what)};
}

}  // namespace s3proxy::cache::known_object
