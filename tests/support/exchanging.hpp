#pragma once

#include "s3proxy/http/target.hpp"

#include "support/secret_watch.hpp"
#include "support/world.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace s3proxy::test {

/// A token in three parts, as identity providers make them.
inline std::string token_of(std::string const& name) {
  return "eyJhbGciOiJSUzI1NiJ9.c3ViamVjdC1vZi10b2tlbi" + name + ".c2lnbmF0dXJlLW9mLXRva2Vu" + name;
}

/// What an STS answers to it.
inline std::string issued(std::string const& name, std::string const& expires = "2026-01-02T04:04:05Z") {
  keep_secret("secret-of-" + name);
  keep_secret("session-of-" + name);
  return "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>"
         "ASIA" +
         name + "</AccessKeyId><SecretAccessKey>secret-of-" + name +
         "</SecretAccessKey><SessionToken>session-of-" + name + "</SessionToken><Expiration>" + expires +
         "</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
}

/// With an echo of the token, as some write it.
inline std::string sts_refusal(std::string const& code, std::string const& name = "A") {
  return "<ErrorResponse><Error><Code>" + code + "</Code><Message>no, " + token_of(name) +
         "</Message></Error></ErrorResponse>";
}

inline scripted_origin::matcher shows_token(std::string const& name) {
  return [token = token_of(name)](received const& r) {
    return http::query_list::parse(r.body).value().find("WebIdentityToken") == token;
  };
}

inline scripted_origin::matcher signed_for(std::string const& name) {
  return [key = "Credential=ASIA" + name + "/"](received const& r) {
    return r.header("authorization").find(key) != std::string::npos;
  };
}

/// An STS of the test's own and a world that exchanges tokens there. Its store takes every signature.
struct exchanging {
  explicit exchanging(world::choices with = {})
      : w([&] {
          with.token_exchange = proxy::token_exchange_settings{
              upstream::callee_at({upstream::scheme::http, "127.0.0.1", sts.port()}),
              "arn:aws:iam::1:role/reader", "s3proxy", std::chrono::seconds(3600)};
          return with;
        }()) {
    w.origin.put_version("/bucket/k", 1, 1000);
  }

  void issue(std::string const& name, std::string const& expires = "2026-01-02T04:04:05Z") {
    sts.when(shows_token(name),
             {.what = fault::kind::answer_status, .status = 200, .body = issued(name, expires)}, 999);
  }
  std::string bytes(std::string const& name, request const& what) {
    return signed_bytes(what, w.proxy->port(),
                        {base::access_key_id("ANY"), base::secret("any"), base::secret(token_of(name))},
                        w.clock.wall_now());
  }
  answer send(std::string const& bytes, std::string_view method = "GET") {
    auto link = w.connect();
    link.send(bytes);
    return link.read(method);
  }
  answer ask(std::string const& name, request const& what = {"GET", "/bucket/k?acl"}) {
    return send(bytes(name, what), what.method);
  }

  scripted_origin sts;
  world w;
};

inline world::choices limited(std::function<void(proxy::token_limits&)> change) {
  return {.adjust = [change](proxy::limits& l) { change(l.tokens); }};
}

}  // namespace s3proxy::test
