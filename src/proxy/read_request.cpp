#include "s3proxy/proxy/read_request.hpp"

#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/conditional.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

namespace s3proxy::proxy {
namespace {

constexpr std::string_view checksum_mode = "x-amz-checksum-mode";

// What these say is part of the signature, or does not change the answer. The AWS SDK for C++ names S3's one
// API version (2006-03-01) in every request.
constexpr std::array<std::string_view, 7> harmless_fields{
    "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", checksum_mode, "x-amz-user-agent",
    "x-amz-te",   "x-amz-api-version"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> overrides{
    {{"response-content-type", "Content-Type"},
     {"response-content-language", "Content-Language"},
     {"response-expires", "Expires"},
     {"response-cache-control", "Cache-Control"},
     {"response-content-disposition", "Content-Disposition"},
     {"response-content-encoding", "Content-Encoding"}}};

bool is_harmful(std::string_view name) {
  return http::has_prefix(name, "x-amz-") && std::ranges::none_of(harmless_fields, [&](auto harmless) {
           return http::same_name(harmless, name);
         });
}

/// A presigned URL may say in parameters what headers say elsewhere.
bool only_the_store_understands(http::field_list const& fields, http::query_list const& query) {
  return std::ranges::any_of(fields,
                             [](http::field_view const& field) {
                               return http::same_name(field.name, "if-range") || is_harmful(field.name);
                             }) ||
         std::ranges::any_of(query, [](auto const& parameter) { return is_harmful(parameter.name); });
}

bool wants_checksums(http::field_list const& fields, http::query_list const& query) {
  return http::same_name(fields.find(checksum_mode).value_or(""), "ENABLED") ||
         std::ranges::any_of(query, [](auto const& parameter) {
           return http::same_name(parameter.name, checksum_mode) &&
                  http::same_name(parameter.value, "ENABLED");
         });
}

// Lists in several lines, and contradictions: the store has its own way with them.
bool repeats_a_condition(http::field_list const& fields) {
  constexpr std::array<std::string_view, 5> single{"range", "if-match", "if-none-match", "if-modified-since",
                                                   "if-unmodified-since"};
  return std::ranges::any_of(single, [&](auto name) { return fields.count(name) > 1; });
}

bool asks_for_new_look(http::field_list const& fields) {
  auto const control = fields.find("cache-control").value_or("");
  auto const pragma = fields.find("pragma").value_or("");
  return http::to_lower(control).find("no-cache") != std::string::npos ||
         http::to_lower(control).find("max-age=0") != std::string::npos ||
         http::to_lower(pragma).find("no-cache") != std::string::npos;
}

bool overrides_any(http::query_list const& query) {
  return std::ranges::any_of(overrides, [&](auto const& pair) { return query.contains(pair.first); });
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::optional<cache::read_request> read_request_of(exchange const& ex) {
  auto const& fields = ex.head.fields;
  if (only_the_store_understands(fields, ex.query) || repeats_a_condition(fields) ||
      (ex.is_anonymous && overrides_any(ex.query))) {
    return std::nullopt;
  }
  cache::read_request read;
  read.began = ex.began;
  read.kind = ex.head.method == http::method::head ? cache::read_kind::head : cache::read_kind::get;
  read.id = {ex.where.bucket, ex.where.key, asked_version(ex.query)};
  if (auto const range = fields.find("range")) {
    auto const parsed = http::parse_range(*range);
    if (auto const* spec = std::get_if<http::range_spec>(&parsed)) {
      read.range = *spec;
    } else if (std::get<http::range_kind>(parsed) == http::range_kind::several) {
      return std::nullopt;
    }
  }
  read.conditions = http::read_preconditions(fields);
  if (read.conditions.if_modified_since > ex.worker.shared.clock.wall_now()) {
    read.conditions.if_modified_since.reset();  // S3 ignores a date that has not come yet
  }
  if (wants_checksums(fields, ex.query)) {
    read.checksums = cache::checksum_wish::wanted;
  }
  read.older_evidence = asks_for_new_look(fields) ? cache::reuse::forbidden : cache::reuse::allowed;
  return read;
}

std::optional<base::version_id> asked_version(http::query_list const& query) {
  auto const version = query.find("versionId");
  return version ? std::optional(base::version_id(*version)) : std::nullopt;
}

std::string override_fields(http::query_list const& query, cache::object_headers const& headers) {
  if (query.empty() || !overrides_any(query)) {
    return headers.rendered;
  }
  auto fields = headers.fields;
  for (auto const& [parameter, name] : overrides) {
    auto const value = query.find(parameter);
    auto const printable = value && std::ranges::all_of(*value, [](char c) {
                             return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
                           });
    if (printable) {  // a line end in it would forge a header
      fields.set(name, *value);
    }
  }
  std::string out;
  for (auto const& [name, value] : fields) {
    append_line(out, name, value);
  }
  return out;
}

std::string not_modified_fields(cache::object_headers const& headers) {
  constexpr std::array<std::string_view, 7> shown{"etag", "last-modified",    "cache-control",   "expires",
                                                  "vary", "content-location", "x-amz-version-id"};
  std::string out;
  for (auto const& [name, value] : headers.fields) {
    if (std::ranges::any_of(shown, [&](auto one) { return http::same_name(one, name); })) {
      append_line(out, name, value);
    }
  }
  return out;
}

}  // namespace s3proxy::proxy
