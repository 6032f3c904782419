#include "s3proxy/upstream/tls_context.hpp"

#include "support/certificate.hpp"

#include <gtest/gtest.h>

namespace s3proxy::upstream {
namespace {

using outcome = base::reload_report::outcome;

std::string refused(test::shelf const& files, tls_options options) {
  auto const made = tls_context::make(std::move(options), files.reader());
  auto const* why = std::get_if<std::string>(&made);
  return why ? *why : "accepted";
}

TEST(upstream_tls_context, without_files_there_is_nothing_to_refuse_and_nothing_to_reload) {
  tls_context context("s3.example.com");
  EXPECT_TRUE(context.paths().empty());
  EXPECT_EQ(context.reload().what, outcome::unchanged);
  EXPECT_EQ(refused({}, {.host = "s3.example.com", .ca_file = {}}), "accepted");
}

TEST(upstream_tls_context, a_bad_file_is_named) {
  test::authority const issuer(test::authority::trust::no);
  test::shelf files;
  EXPECT_NE(refused(files, {.host = "h", .ca_file = "ca.pem"}).find("'ca.pem'"), std::string::npos);
  files.put("ca.pem", "nonsense");
  EXPECT_NE(refused(files, {.host = "h", .ca_file = "ca.pem"}).find("'ca.pem' holds no certificate"),
            std::string::npos);
  files.put("certificate.pem", issuer.pair({}).certificate);
  auto const without_key = refused(files, {.host = "h", .ca_file = {}, .client = {"certificate.pem", {}}});
  EXPECT_NE(without_key.find("'certificate.pem' holds no private key"), std::string::npos) << without_key;
  auto const without_certificate = refused(files, {.host = "h", .ca_file = {}, .client = {{}, "key.pem"}});
  EXPECT_NE(without_certificate.find("'key.pem' needs its certificate"), std::string::npos);
}

TEST(upstream_tls_context, what_it_depends_on_is_told_and_a_bad_change_is_kept_out) {
  test::authority const issuer(test::authority::trust::no);
  test::shelf files;
  files.put(issuer.pair({}));
  files.put("ca.pem", issuer.pem());
  auto const made = tls_context::make(
      {.host = "h", .ca_file = "ca.pem", .client = {"certificate.pem", "key.pem"}}, files.reader());
  auto const& context = std::get<std::shared_ptr<tls_context>>(made);
  EXPECT_EQ(context->paths(), (std::vector<std::string>{"ca.pem", "certificate.pem", "key.pem"}));
  auto const first = context->current();
  files.put("ca.pem", "");
  auto const kept = context->reload();
  EXPECT_EQ(kept.what, outcome::kept);
  EXPECT_NE(kept.sentence.find("'ca.pem'"), std::string::npos) << kept.sentence;
  EXPECT_EQ(context->current(), first);
  files.put("ca.pem", issuer.pem() + issuer.pem());
  EXPECT_EQ(context->reload().what, outcome::replaced);
  EXPECT_NE(context->current(), first);
}

}  // namespace
}  // namespace s3proxy::upstream
