#include "s3proxy/base/pem.hpp"

#include "support/certificate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace s3proxy::base {
namespace {

using test::authority;
using test::shelf;

struct pem : testing::Test {
  std::string refused(certified_key_files const& where = {"certificate.pem", "key.pem"}) const {
    auto const got = load_certified_key(where, files.reader());
    auto const* why = std::get_if<std::string>(&got);
    return why ? *why : "accepted";
  }
  void expect_refused(std::vector<std::string> const& words,
                      certified_key_files const& where = {"certificate.pem", "key.pem"}) const {
    auto const why = refused(where);
    for (auto const& word : words) {
      EXPECT_NE(why.find(word), std::string::npos) << "'" << word << "' is not in: " << why;
    }
    EXPECT_EQ(why.find('\n'), std::string::npos) << why;
    EXPECT_EQ(why.find(pair.key.substr(40, 30)), std::string::npos) << "no sentence shows a key";
  }

  authority issuer{authority::trust::no};
  test::pem_pair pair = issuer.pair({});
  shelf files;
};

TEST_F(pem, a_pair_is_loaded_from_two_files_or_one) {
  files.put(pair);
  EXPECT_EQ(refused(), "accepted");
  for (auto const& both : {pair.certificate + pair.key, pair.key + pair.certificate}) {
    files.put("both.pem", both);
    EXPECT_EQ(refused({"both.pem", ""}), "accepted");
    EXPECT_EQ(refused({"both.pem", "both.pem"}), "accepted");
  }
}

TEST_F(pem, a_chain_keeps_its_order_and_text_between_is_passed_over) {
  files.put("certificate.pem", "a server\n" + pair.certificate + "its issuer\n" + issuer.pem() + "\n");
  files.put("key.pem", pair.key);
  auto const got = load_certified_key({"certificate.pem", "key.pem"}, files.reader());
  ASSERT_TRUE(std::holds_alternative<certified_key>(got));
  EXPECT_EQ(std::get<certified_key>(got).chain.size(), 2U);
}

TEST_F(pem, a_missing_file_is_named) {
  expect_refused({"'certificate.pem'", "no certificate file"});
  files.put("certificate.pem", pair.certificate);
  expect_refused({"'key.pem'", "no private key file"});
}

TEST_F(pem, an_unreadable_file_is_named_with_the_reason) {
  files.forbid("certificate.pem");
  expect_refused({"'certificate.pem'", "Permission denied", "user"});
  files.put("certificate.pem", pair.certificate);
  files.forbid("key.pem");
  expect_refused({"'key.pem'", "Permission denied"});
}

TEST_F(pem, a_file_without_what_it_should_hold_is_refused) {
  files.put("key.pem", pair.key);
  for (auto const& text : {std::string(), std::string("\x30\x82\x01\x0a", 4), pair.key}) {
    files.put("certificate.pem", text);
    expect_refused({"'certificate.pem'", "holds no certificate", "openssl x509"});
  }
  files.put("certificate.pem", pair.certificate);
  for (auto const& text : {std::string(), std::string("nonsense"), pair.certificate}) {
    files.put("key.pem", text);
    expect_refused({"'key.pem'", "holds no private key"});
  }
}

TEST_F(pem, a_damaged_file_is_refused_wherever_it_is_cut) {
  files.put("key.pem", pair.key);
  auto const begin = std::string("-----BEGIN CERTIFICATE-----\n").size();
  for (auto size = begin; size + 2 < pair.certificate.size(); ++size) {
    files.put("certificate.pem", pair.certificate.substr(0, size));
    ASSERT_NE(refused(), "accepted") << size;
  }
  files.put("certificate.pem", pair.certificate.substr(0, 300));
  expect_refused({"'certificate.pem'", "number 1", "damaged"});
  files.put("certificate.pem", pair.certificate + issuer.pem().substr(0, 200));
  expect_refused({"'certificate.pem'", "number 2", "damaged"});
  files.put("certificate.pem", pair.certificate);
  for (auto size = pair.key.size() - 3; size > 0; --size) {
    files.put("key.pem", pair.key.substr(0, size));
    ASSERT_NE(refused(), "accepted") << size;
  }
  files.put("key.pem", pair.key.substr(0, 100));
  expect_refused({"'key.pem'", "damaged"});
}

TEST_F(pem, a_key_with_a_passphrase_is_refused_and_nobody_is_asked) {
  files.put("certificate.pem", pair.certificate);
  files.put("key.pem", test::with_passphrase(pair.key, "open sesame"));
  expect_refused({"'key.pem'", "passphrase", "openssl pkey"});
}

TEST_F(pem, a_key_of_another_certificate_is_refused) {
  files.put("certificate.pem", pair.certificate);
  files.put("key.pem", issuer.pair({}).key);
  expect_refused({"'key.pem'", "'certificate.pem'", "does not belong"});
}

TEST_F(pem, a_chain_that_begins_with_the_issuer_is_told_apart) {
  files.put("certificate.pem", issuer.pem() + pair.certificate);
  files.put("key.pem", pair.key);
  expect_refused({"'certificate.pem'", "order"});
}

TEST_F(pem, an_expiry_is_known) {
  files.put("certificate.pem", issuer.pair({.valid_for_seconds = -60}).certificate);
  auto const got = load_certificates("certificate.pem", files.reader());
  auto const at = expiry_of(std::get<certificate_list>(got).front());
  auto const now = std::chrono::system_clock::now();
  EXPECT_LT(at, now);
  EXPECT_GT(at, now - std::chrono::minutes(10));
}

TEST_F(pem, a_fingerprint_tells_every_state_of_the_files_from_the_next) {
  std::vector<std::string> const paths{"certificate.pem", "key.pem"};
  std::vector<std::string> seen{fingerprint(paths, files.reader())};
  auto const look = [&] {
    auto now = fingerprint(paths, files.reader());
    EXPECT_EQ(std::ranges::count(seen, now), 0) << "state " << seen.size();
    EXPECT_EQ(now, fingerprint(paths, files.reader()));
    seen.push_back(std::move(now));
  };
  files.put("certificate.pem", "");
  look();
  files.put("certificate.pem", "ab");
  look();
  files.put("key.pem", "c");
  look();
  files.put("certificate.pem", "a");
  files.put("key.pem", "bc");
  look();
  files.forbid("key.pem");
  look();
}

}  // namespace
}  // namespace s3proxy::base
