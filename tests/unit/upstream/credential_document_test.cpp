#include "s3proxy/upstream/credential_document.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::upstream {
namespace {

constexpr auto whole = R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t",)"
                       R"("Expiration":"2026-01-02T04:04:05Z"})";
constexpr auto printed = R"({"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s","SessionToken":"t",)"
                         R"("Expiration":"2026-01-02T04:04:05Z"})";

std::string replaced(std::string text, std::string const& what, std::string const& with) {
  return text.replace(text.find(what), what.size(), with);
}

std::string wrong(read_document const& read) {
  auto const* why = std::get_if<std::string>(&read);
  return why ? *why : std::string("nothing");
}

TEST(credential_document, of_an_agent_and_of_a_program_name_the_token_differently) {
  for (auto const& read : {read_agent_document(whole), read_program_document(printed)}) {
    auto const* got = std::get_if<s3::issued_credentials>(&read);
    ASSERT_NE(got, nullptr) << wrong(read);
    EXPECT_EQ(got->pair.key_id.str(), "ASIA1");
    EXPECT_EQ(got->pair.secret_key.reveal(), "s");
    EXPECT_EQ(got->pair.session_token.reveal(), "t");
    EXPECT_EQ(got->expires, http::parse_iso_date("2026-01-02T04:04:05Z"));
  }
}

TEST(credential_document, may_be_without_a_token_and_without_an_end) {
  auto const read = read_program_document(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"})");
  auto const* got = std::get_if<s3::issued_credentials>(&read);
  ASSERT_NE(got, nullptr);
  EXPECT_TRUE(got->pair.session_token.empty());
  EXPECT_FALSE(got->expires);
}

TEST(credential_document, that_is_not_whole_or_not_usable_is_told_without_quoting_it) {
  EXPECT_EQ(wrong(read_agent_document(replaced(whole, "Success", "Failed"))), "does not say Success");
  EXPECT_EQ(wrong(read_agent_document(replaced(whole, "ASIA1", ""))), "has no AccessKeyId");
  EXPECT_EQ(wrong(read_agent_document(replaced(whole, "\"s\"", "7"))), "has no SecretAccessKey");
  EXPECT_EQ(wrong(read_agent_document(replaced(whole, "ASIA1", "A\\r\\nX: y"))),
            "holds a key with characters that no key has");
  EXPECT_EQ(wrong(read_agent_document(replaced(whole, "\"t\"", "\"t\\u0000\""))),
            "holds a key with characters that no key has");
  EXPECT_EQ(wrong(read_agent_document(replaced(whole, "2026-01-02T04:04:05Z", "soon"))),
            "has an Expiration that is no time");
  EXPECT_EQ(wrong(read_agent_document(replaced(whole, "\"2026-01-02T04:04:05Z\"", "12"))),
            "has an Expiration that is no time");
  for (std::string const& bytes :
       {std::string(), std::string("[]"), std::string("null"), std::string("<html>"),
        std::string(whole).substr(0, 30), std::string(whole) + "x", std::string(1000, '['),
        std::string(70'000, ' ') + whole}) {
    EXPECT_EQ(wrong(read_agent_document(bytes)), "is no JSON object") << bytes.substr(0, 20);
    EXPECT_EQ(wrong(read_program_document(bytes)), "is no JSON object") << bytes.substr(0, 20);
  }
}

TEST(credential_document, of_a_program_must_be_version_1) {
  for (auto const* version : {"\"Version\":2", "\"Version\":\"1\"", "\"Version\":1.0", "\"Other\":1"}) {
    EXPECT_EQ(wrong(read_program_document(replaced(printed, "\"Version\":1", version))),
              "does not say \"Version\": 1")
        << version;
  }
}

TEST(agent_error, is_read_however_it_is_capitalised) {
  EXPECT_EQ(read_agent_error(R"({"code":"NotFound","message":"m"})").code, "NotFound");
  EXPECT_EQ(read_agent_error(R"({"Code":"NotFound","Message":"m"})").message, "m");
  EXPECT_EQ(read_agent_error("plain text").code, "");
}

}  // namespace
}  // namespace s3proxy::upstream
