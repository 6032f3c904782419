#include "s3proxy/app/parse_identity.hpp"

#include <algorithm>

namespace s3proxy::app {
namespace {

constexpr std::size_t longest_key_id = 128;  // AWS's own bound of an access key id
constexpr std::size_t longest_secret = 1024;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_arn = 2048;  // AWS's own bound

refusal refuse(std::string_view value, std::string_view why, std::string_view allowed) {
  return refusal::because(in_backticks(value) + " " + std::string(why) +
                          "; allowed: " + std::string(allowed));
}

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_made_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(
      text, [&](char c) { return is_word_character(c) || others.find(c) != std::string_view::npos; });
}

}  // namespace

parsed<std::string> parse_access_key_id(std::string_view text) {
  bool const well_formed =
      !text.empty() && text.size() <= longest_key_id &&
      std::ranges::all_of(text, [](char c) { return is_visible(c) && c != '/' && c != ','; });
  if (!well_formed) {
    return refuse(text, "is not an access key id",
                  "1 to 128 visible characters without / and , such as AKIAIOSFODNN7EXAMPLE");
  }
  return std::string(text);
}

std::optional<std::string> refuse_secret(std::string_view text) {
  if (text.empty()) {
    return "is empty, and with an empty secret everybody could sign";
  }
  if (text.size() > longest_secret) {
    return "is longer than " + std::to_string(longest_secret) + " characters";
  }
  if (!std::ranges::all_of(text, is_visible)) {
    return "holds a space, a line break or another character that no key has";
  }
  return std::nullopt;
}

parsed<std::string> parse_principal_name(std::string_view text) {
  if (text.empty() || text.size() > longest_name || !is_made_of(text, ".-")) {
    return refuse(text, "is not a name", "1 to 64 letters, digits, ., _ and -, such as lake-reader");
  }
  return std::string(text);
}

parsed<std::string> parse_profile_name(std::string_view text) {
  bool const well_formed = !text.empty() && std::ranges::none_of(text, [](char c) {
    return (c >= 0 && c < ' ') || c == '\x7f' || c == '[' || c == ']';
  });
  if (!well_formed) {
    return refuse(text, "is not a profile", "the name of a section of the AWS files, such as analytics");
  }
  return std::string(text);
}

parsed<std::string> parse_external_id(std::string_view text) {
  constexpr std::size_t longest = 1224;
  if (text.size() < 2 || text.size() > longest || !is_made_of(text, "+=,.@:/-")) {
    return refusal::because("is not an external id; allowed: 2 to 1224 letters, digits and _+=,.@:/-");
  }
  return std::string(text);
}

parsed<std::string> parse_role_arn(std::string_view text) {
  bool const well_formed =
      text.starts_with("arn:") && text.size() <= longest_arn && std::ranges::all_of(text, is_visible);
  if (!well_formed) {
    return refuse(text, "is not a role", "its ARN, such as arn:aws:iam::123456789012:role/lake-reader");
  }
  return std::string(text);
}

parsed<std::string> parse_session_name(std::string_view text) {
  if (text.size() < 2 || text.size() > longest_name || !is_made_of(text, "+=,.@-")) {
    return refuse(text, "is not a session name", "2 to 64 letters, digits and _+=,.@-, such as s3proxy");
  }
  return std::string(text);
}

parsed<std::chrono::milliseconds> parse_session_duration(std::string_view text) {
  auto duration = parse_duration(text);
  if (!duration) {
    return duration;
  }
  bool const in_range = *duration >= std::chrono::minutes(15) && *duration <= std::chrono::hours(12);
  if (!in_range || *duration % std::chrono::seconds(1) != std::chrono::milliseconds(0)) {
    return refuse(text, "is not the length of a session", "15m to 12h in whole seconds, such as 1h");
  }
  return duration;
}

}  // namespace s3proxy::app
