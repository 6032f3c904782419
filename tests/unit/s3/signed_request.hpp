#pragma once

#include "s3proxy/s3/sigv4.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::s3 {

inline auto const now = *http::parse_amz_date("20130524T120000Z");
inline credentials const long_lived{base::access_key_id{"AKIDEXAMPLE"}, base::secret{"a secret"}, {}};
inline credentials const temporary{base::access_key_id{"AKIDEXAMPLE"}, base::secret{"a secret"},
                                   base::secret{"token"}};

/// A request of a client, signed when it is asked for. That accepted ones are accepted by others' measure is
/// for tests/golden to say; here a good one is spoilt.
struct request {
  std::string method = "GET";
  std::string target = "/bucket/key";
  http::header_list extra{};  ///< signed when it is an `x-amz-*`
  std::string payload = std::string(unsigned_payload_word);
  http::wall_time at = now;
  credentials with = long_lived;
  std::string more{};                   ///< lines behind the signed ones
  std::chrono::seconds lifetime{3600};  ///< of a presigned one

  http::header_list own_headers() const {
    auto out = extra;
    out.add("Host", "localhost:3000");
    return out;
  }
  std::string path() const { return target.substr(0, target.find('?')); }
  std::string query() const {
    return path().size() == target.size() ? std::string{} : target.substr(path().size() + 1);
  }
  http::header_list headers() const {
    auto out = own_headers();
    signing_key_cache keys;
    sign(method, path(), query(), out, with, "us-east-1", payload, at, keys);
    return out;
  }
  std::string raw(http::header_list const& list) const { return raw(target, list); }
  std::string raw() const { return raw(headers()); }
  std::string presigned() const {
    auto list = own_headers();
    signing_key_cache keys;
    auto const signed_query =
        presign({method, path(), query(), payload, lifetime}, list, with, "us-east-1", at, keys);
    return raw(path() + "?" + signed_query, list);
  }

 private:
  std::string raw(std::string const& whole_target, http::header_list const& list) const {
    std::string out = method + " " + whole_target + " HTTP/1.1\r\n";
    for (auto const& [name, value] : list) {
      out.append(name).append(": ").append(value).append("\r\n");
    }
    return out + more + "\r\n";
  }
};

inline std::function<credentials const*(std::string_view)> only(credentials const* pair) {
  return [pair](std::string_view key_id) { return pair && pair->key_id.str() == key_id ? pair : nullptr; };
}

struct rules {
  credentials const* keys = &long_lived;
  unsigned_rule unsigned_requests = unsigned_rule::refuse;
  bearer_rule bearer_tokens = bearer_rule::refuse;
};

inline base::result<verified> judge(std::string const& raw, rules const& of = {}) {
  auto const head = http::parse_request_head(raw);
  if (!head) {
    ADD_FAILURE() << "the framing guard refused:\n" << raw;
    return base::errc::internal_error;
  }
  signing_key_cache keys;
  return verify(*head, {.find_key = only(of.keys),
                        .unsigned_requests = of.unsigned_requests,
                        .bearer_tokens = of.bearer_tokens,
                        .now = now,
                        .keys = &keys});
}

/// The refusal of a raw head, or nothing when it is accepted.
inline std::optional<base::errc> refusal(std::string const& raw, rules const& of = {}) {
  auto const out = judge(raw, of);
  return out ? std::nullopt : std::optional(base::to_errc(out.error()));
}

inline std::string replaced(std::string text, std::string_view what, std::string_view by) {
  auto const at = text.find(what);
  EXPECT_NE(at, text.npos) << what << " is not in " << text;
  return at == text.npos ? text : text.replace(at, what.size(), by);
}

}  // namespace s3proxy::s3
