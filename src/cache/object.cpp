#include "s3proxy/cache/object.hpp"

#include "s3proxy/cache/cells.hpp"
#include "s3proxy/http/cors.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace s3proxy::cache {
namespace {

// Fields that describe one message, one request or one connection, not the object.
constexpr std::array<std::string_view, 9> message_fields{"content-length",   "content-range", "date",
                                                         "x-amz-request-id", "x-amz-id-2",    "age",
                                                         "cache-status",     "set-cookie",    "alt-svc"};

bool belongs_to_message(std::string_view name) {
  for (auto const field : message_fields) {
    if (http::same_name(name, field)) {
      return true;
    }
  }
  return http::is_hop_by_hop(name);
}

void render_line(std::string& out, http::header const& field) {
  out += field.name;
  out += ": ";
  out += field.value;
  out += "\r\n";
}

std::size_t combine(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

}  // namespace

bool has_tail(object_facts const& facts, std::uint64_t number) {
  auto const begin = facts.id.size - std::min(facts.id.size, tail_length);
  return facts.form == object_form::columnar && block_span(number).end > begin;
}

std::size_t object_id_hash::operator()(object_id const& id) const {
  std::hash<std::string> const hash;
  auto seed = combine(hash(id.bucket.str()), hash(id.key.str()));
  return id.version ? combine(seed, hash(id.version->str()) + 1) : seed;
}

bool same_version(identity const& a, identity const& b) {
  return a.tag == b.tag && a.size == b.size && (!a.version || !b.version || *a.version == *b.version);
}

std::variant<told, not_storable> read_answer(http::header_list const& headers,
                                             std::optional<base::byte_count> size, answer_kind kind,
                                             cors_fields cors) {
  told out;
  out.id.tag = base::etag(headers.find("etag").value_or(""));
  if (!base::is_strong(out.id.tag)) {
    return not_storable::no_strong_tag;
  }
  if (!size) {
    return not_storable::no_size;
  }
  out.id.size = *size;
  if (auto const control = headers.find("cache-control");
      control && http::to_lower(*control).find("no-store") != std::string::npos) {
    return not_storable::no_store;
  }
  if (headers.contains("x-amz-server-side-encryption-customer-algorithm")) {
    return not_storable::customer_key;
  }
  // An unversioned bucket sends no version id: that is known too, and differs from not being told.
  out.id.version = base::version_id(headers.find("x-amz-version-id").value_or(""));
  if (auto const modified = headers.find("last-modified")) {
    out.last_modified = http::parse_http_date(*modified);
  }

  auto kept = std::make_shared<object_headers>();
  kept->checksums_known = kind == answer_kind::whole;
  for (auto const& field : headers) {
    if (belongs_to_message(field.name) || (cors == cors_fields::drop && http::is_cors_field(field.name))) {
      continue;
    }
    auto const is_checksum = http::has_prefix(field.name, "x-amz-checksum-");
    if (is_checksum && kind == answer_kind::part) {
      continue;  // the checksum of a part says nothing about the object
    }
    (is_checksum ? kept->checksums : kept->fields).add(field.name, field.value);
    render_line(is_checksum ? kept->rendered_checksums : kept->rendered, field);
  }
  out.headers = std::move(kept);
  return out;
}

}  // namespace s3proxy::cache
