#include "s3proxy/net/tls_context.hpp"

#include "s3proxy/observe/log.hpp"

#include "support/certificate.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::net {
namespace {

using outcome = base::reload_report::outcome;
using test::authority;
using test::shelf;

struct tls_context_files : testing::Test {
  std::shared_ptr<tls_context> loaded() {
    auto made = tls_context::make({"certificate.pem", "key.pem"}, files.reader());
    auto const* why = std::get_if<std::string>(&made);
    EXPECT_EQ(why, nullptr) << *why;
    return why ? nullptr : std::get<std::shared_ptr<tls_context>>(made);
  }

  authority issuer{authority::trust::no};
  shelf files;
  std::vector<std::string> warnings;
  observe::log_capture capture{[this](observe::room, observe::level how, std::string_view message) {
    if (how == observe::level::warn) {
      warnings.emplace_back(message);
    }
  }};
};

TEST_F(tls_context_files, a_bad_pair_is_a_sentence) {
  auto const made = tls_context::make({"certificate.pem", "key.pem"}, files.reader());
  ASSERT_TRUE(std::holds_alternative<std::string>(made));
  EXPECT_NE(std::get<std::string>(made).find("'certificate.pem'"), std::string::npos);
}

TEST_F(tls_context_files, what_it_depends_on_is_told) {
  files.put(issuer.pair({}));
  EXPECT_EQ(loaded()->paths(), (std::vector<std::string>{"certificate.pem", "key.pem"}));
  auto const pair = issuer.pair({});
  files.put("both.pem", pair.certificate + pair.key);
  auto const one = tls_context::make({"both.pem", ""}, files.reader());
  EXPECT_EQ(std::get<std::shared_ptr<tls_context>>(one)->paths(), std::vector<std::string>{"both.pem"});
}

TEST_F(tls_context_files, an_expired_certificate_is_a_warning_at_start_and_at_a_change) {
  files.put(issuer.pair({}));
  auto const context = loaded();
  EXPECT_TRUE(warnings.empty());
  files.put(issuer.pair({.valid_for_seconds = -60}));
  EXPECT_EQ(context->reload().what, outcome::replaced);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("'certificate.pem' has expired"), std::string::npos) << warnings[0];
  loaded();
  EXPECT_EQ(warnings.size(), 2U);
}

TEST_F(tls_context_files, every_state_is_reported_once) {
  files.put(issuer.pair({}));
  auto const context = loaded();
  auto const first = context->current();
  EXPECT_EQ(context->reload().what, outcome::unchanged);
  files.forbid("key.pem");
  auto const kept = context->reload();
  EXPECT_EQ(kept.what, outcome::kept);
  EXPECT_NE(kept.sentence.find("'key.pem'"), std::string::npos) << kept.sentence;
  EXPECT_EQ(context->reload().what, outcome::unchanged) << "said already";
  EXPECT_EQ(context->current(), first);
  files.put(issuer.pair({}));
  auto const replaced = context->reload();
  EXPECT_EQ(replaced.what, outcome::replaced);
  EXPECT_NE(replaced.sentence.find("'certificate.pem'"), std::string::npos) << replaced.sentence;
  EXPECT_NE(context->current(), first);
  EXPECT_EQ(context->reload().what, outcome::unchanged);
}

}  // namespace
}  // namespace s3proxy::net
