#include "s3proxy/cache/plan.hpp"

namespace s3proxy::cache {
namespace {

/// Why the entry cannot answer as it is; none when it can.
reason obstacle(read_request const& asked, entry_view const& known, policy const& rules) {
  if (!known.facts) {
    return reason::unknown_object;
  }
  if (!stands(known.evidence, known.raised)) {
    return reason::written;
  }
  if (!is_fresh(rules, asked.id, known.evidence, asked.began, asked.older_evidence)) {
    return asked.older_evidence == reuse::forbidden ? reason::client_no_cache : reason::stale;
  }
  if (known.doubted && known.evidence.order < asked.began.order) {
    return reason::doubted;
  }
  if (!is_entitled(rules, known.right, known.raised, asked.began)) {
    return reason::no_right;
  }
  if (!known.facts->headers) {
    return reason::headers_unknown;
  }
  auto const whole = !asked.range;
  if (asked.checksums == checksum_wish::wanted && whole && !known.facts->headers->checksums_known) {
    return reason::checksums_unknown;
  }
  return reason::none;
}

std::optional<base::byte_span> span_of(read_request const& asked, base::byte_count size) {
  if (asked.range) {
    auto const* suffix = std::get_if<http::suffix_range>(&*asked.range);
    if (suffix && suffix->length > 0 && size == 0) {
      return base::byte_span{0, 0};  // satisfiable: all there is (RFC 9110 section 14.1.2); S3 answers 200
    }
    return http::resolve(*asked.range, size);
  }
  return base::byte_span{0, size};
}

/// The store has to be asked: with a GET when that brings bytes the client will need, else with a HEAD.
plan ask(read_request const& asked, entry_view const& known, reason why, holds_first_byte const& holds) {
  auto const head = plan{.step = step::ask_head, .reason = why, .span = {}, .if_match = {}};
  auto get = head;
  get.step = step::ask_get;
  // If-None-Match and If-Modified-Since usually end in a 304: a body would be fetched for nothing.
  auto const expects_304 = asked.conditions.if_none_match || asked.conditions.if_modified_since;
  if (asked.kind == read_kind::head || expects_304) {
    return head;
  }
  if (!known.facts || why == reason::written) {
    return get;  // what we believed is void: take whatever version is there
  }
  auto const span = span_of(asked, known.facts->id.size);
  if (!span || span->empty() || why == reason::checksums_unknown || holds(*known.facts, *span)) {
    return head;
  }
  get.if_match = known.facts->id.tag;
  return get;
}

}  // namespace

plan plan_get(read_request const& asked, entry_view const& known, policy const& rules,
              holds_first_byte const& holds) {
  auto const began_within = [&](moment m) { return m.order >= asked.began.order; };
  if (known.unstorable && stands(known.evidence, known.raised) &&
      is_fresh(rules, asked.id, known.evidence, asked.began, asked.older_evidence)) {
    return {.step = step::bypass, .reason = reason::unstorable, .span = {}, .if_match = {}};
  }
  if (auto const why = obstacle(asked, known, rules); why != reason::none) {
    return ask(asked, known, why, holds);
  }

  auto const& facts = *known.facts;
  switch (http::evaluate(asked.conditions, facts.id.tag, facts.last_modified)) {
    case http::verdict::not_modified:
      return {.step = step::not_modified, .reason = reason::none, .span = {}, .if_match = {}};
    case http::verdict::failed:
      // Only the store may say 412: the object may have become what the client expects.
      if (!began_within(known.evidence)) {
        return {.step = step::ask_head, .reason = reason::condition, .span = {}, .if_match = {}};
      }
      return {.step = step::precondition_failed, .reason = reason::none, .span = {}, .if_match = {}};
    case http::verdict::proceed:
      break;
  }
  auto const span = span_of(asked, facts.id.size);
  if (!span) {
    return {.step = step::unsatisfiable, .reason = reason::none, .span = {}, .if_match = {}};
  }
  return {.step = step::serve, .reason = reason::none, .span = *span, .if_match = {}};
}

std::string_view to_text(phase p) {
  switch (p) {
    case phase::none:
      return "-";
    case phase::hit:
      return "hit";
    case phase::partial:
      return "partial";
    case phase::miss:
      return "miss";
    case phase::revalidate:
      return "revalidate";
    case phase::bypass:
      return "bypass";
  }
  return "-";
}

std::string_view to_text(reason r) {
  switch (r) {
    case reason::none:
      return "-";
    case reason::unknown_object:
      return "unknown_object";
    case reason::stale:
      return "stale";
    case reason::doubted:
      return "doubted";
    case reason::written:
      return "written";
    case reason::no_right:
      return "no_right";
    case reason::headers_unknown:
      return "headers_unknown";
    case reason::checksums_unknown:
      return "checksums_unknown";
    case reason::condition:
      return "condition";
    case reason::unsatisfiable:
      return "unsatisfiable";
    case reason::client_no_cache:
      return "client_no_cache";
    case reason::cells_missing:
      return "cells_missing";
    case reason::version_changed:
      return "version_changed";
    case reason::unstorable:
      return "unstorable";
    case reason::store_error:
      return "store_error";
    case reason::not_understood:
      return "not_understood";
  }
  return "-";
}

}  // namespace s3proxy::cache
