#pragma once

#include "s3proxy/upstream/credential_fetch.hpp"

#include "support/manual_clock.hpp"
#include "support/scripted_origin.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace s3proxy::test {

// What those who hand out keys say, and the tools to ask them with.

/// The secrets that every test of these flows uses: none may show in a log line or a sentence.
inline constexpr auto told_secret = "HuShHuShHuSh";

inline std::string agent_keys(std::string const& key, std::string const& expires = "2026-01-02T04:04:05Z") {
  return R"({"Code":"Success","AccessKeyId":")" + key + R"(","SecretAccessKey":")" + told_secret +
         R"(","Token":")" + told_secret + R"(","Expiration":")" + expires + R"("})";
}

inline std::string sts_keys(std::string const& key, std::string const& expires = "2026-01-02T04:04:05Z") {
  return "<R><AssumeResult><Credentials><AccessKeyId>" + key + "</AccessKeyId><SecretAccessKey>" +
         told_secret + "</SecretAccessKey><SessionToken>" + told_secret + "</SessionToken><Expiration>" +
         expires + "</Expiration></Credentials></AssumeResult></R>";
}

inline fault ok(std::string body) {
  return {.what = fault::kind::answer_status, .status = 200, .body = std::move(body)};
}

inline upstream::endpoint here(std::uint16_t port) {
  return {upstream::scheme::http, "127.0.0.1", port};
}

/// Token files in memory, quick deadlines.
struct key_tools {
  manual_clock clock;
  std::map<std::string, std::string> files;

  upstream::credential_tools get() {
    using namespace std::chrono_literals;
    upstream::credential_tools out;
    out.clock = &clock;
    out.read_token = [this](std::string const& path) -> upstream::token_reading {
      auto const found = files.find(path);
      if (found == files.end()) {
        return upstream::credential_failure{upstream::credential_failure::kind::misconfigured,
                                            "cannot read " + path};
      }
      return found->second;
    };
    for (auto* limits : {&out.limits.sts, &out.limits.container, &out.limits.machine}) {
      limits->connect = 1s;
      limits->total = 300ms;
    }
    out.limits.retry = 1ms;
    out.limits.look = 1ms;
    return out;
  }
};

}  // namespace s3proxy::test
