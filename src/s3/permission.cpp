#include "s3proxy/s3/permission.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace s3proxy::s3 {
namespace {

using base::errc;
using base::result;
using enum operation;

/// How far the permission of an operation has to reach.
enum class reach { nothing, key, listed_prefix, keys_in_body, bucket, everywhere };

reach reach_of(operation_row const& row) {
  if (row.op == preflight || row.how == treatment::refused) {
    return reach::nothing;  // the second are refused to everybody, with a sentence of their own
  }
  if (row.op == delete_objects) {
    return reach::keys_in_body;
  }
  // The source of a rename is any key of the bucket; the body of a restore may name the bucket to write to.
  if (row.op == restore_object || row.where == place::service) {
    return reach::everywhere;
  }
  if (row.where == place::object) {
    return row.op == rename_object ? reach::bucket : reach::key;
  }
  return row.needs == access::list && row.op != head_bucket ? reach::listed_prefix : reach::bucket;
}

bool has_some_write(identity const& who, base::bucket_name const& bucket) {
  return std::ranges::any_of(who.rules, [&](allow_rule const& rule) {
    return rule.write && (rule.bucket.str() == "*" || rule.bucket == bucket);
  });
}

bool reaches(identity const& who, named_request const& request) {
  auto const& row = describe(request.op);
  auto const needs = row.needs;
  auto const& bucket = request.where.bucket;
  switch (reach_of(row)) {
    case reach::nothing:
      return true;
    case reach::key:
      return allows(who, needs, bucket, request.where.key.str());
    case reach::listed_prefix:
      return allows_listing(who, bucket, request.query.find("prefix").value_or(""));
    case reach::keys_in_body:
      return has_some_write(who, bucket);
    case reach::bucket:
      return allows(who, needs, bucket, "") &&
             (request.where.key.empty() || allows(who, needs, bucket, request.where.key.str()));
    case reach::everywhere:
      return allows_everywhere(who, needs);
  }
  return false;
}

/// One reading of the path of a source. The slash between bucket and key may be encoded like any other.
result<address> source_of(std::string_view path, http::plus rule) {
  auto const text = http::percent_decode(path, rule);
  if (!text || text->empty()) {
    return errc::invalid_copy_source;
  }
  auto const absolute = (text->front() == '/' ? "" : "/") + *text;
  auto const named = parse_address(http::uri_encode(absolute, http::slash::keep));
  // A store that decodes before it looks for the version would find another one, of another key.
  if (!named || !named->is_object() || named->key.str().find("?versionId=") != std::string::npos) {
    return errc::invalid_copy_source;
  }
  return *named;
}

}  // namespace

result<std::vector<address>> parse_copy_source(std::string_view value) {
  auto const question = value.find('?');
  auto const path = value.substr(0, question);
  if (question != value.npos) {
    auto const version = http::query_list::parse(value.substr(question + 1));
    if (!version || version->size() != 1 || !version->contains("versionId")) {
      return errc::invalid_copy_source;
    }
  }
  std::vector<address> out;
  for (auto const rule : {http::plus::is_literal, http::plus::is_space}) {
    auto named = source_of(path, rule);
    if (!named) {
      return named.error();
    }
    if (out.empty() || out.front() != *named) {
      out.push_back(std::move(*named));
    }
  }
  return out;
}

result<void> permit(identity const& who, named_request const& request) {
  if (who.may == identity::limit::as_the_principal) {
    return {};
  }
  if (request.op == other || !reaches(who, request)) {
    return errc::denied_by_rules;
  }
  for (auto const& [name, value] : request.fields) {
    if (!http::same_name(name, "x-amz-copy-source")) {
      continue;
    }
    auto const sources = parse_copy_source(value);
    if (!sources) {
      return sources.error();
    }
    auto const may_read = [&](address const& source) {
      return allows(who, access::read, source.bucket, source.key.str());
    };
    if (!std::ranges::all_of(*sources, may_read)) {
      return errc::denied_by_rules;
    }
  }
  return {};
}

}  // namespace s3proxy::s3
