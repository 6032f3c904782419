#include "s3proxy/app/profile_file.hpp"

#include <algorithm>

namespace s3proxy::app {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

/// `text` up to a `#` or `;` that follows a blank.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    bool const marks = text[i] == '#' || text[i] == ';';
    if (marks && blanks.find(text[i - 1]) != std::string_view::npos) {
      return text.substr(0, i);
    }
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// `profile   "my lake"` is `profile my lake`.
std::string section_name(std::string_view header) {
  header = trimmed(header);
  std::string prefix;
  if (auto const blank = header.find_first_of(blanks); blank != std::string_view::npos) {
    prefix = std::string(header.substr(0, blank)) + " ";
    header = trimmed(header.substr(blank));
  }
  bool const quoted_name = header.size() > 1 && (header.front() == '"' || header.front() == '\'');
  if (quoted_name && header.back() == header.front()) {
    header = header.substr(1, header.size() - 2);
  }
  return prefix + std::string(header);
}

/// Takes the lines one by one; each gives a reason when it cannot be read.
class reader {
 public:
  std::optional<std::string_view> take(std::string_view line) {
    auto const content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') {
      return std::nullopt;
    }
    bool const indented = blanks.find(line.front()) != std::string_view::npos;
    if (content.front() == '[' && !indented) {
      return take_header(content);
    }
    if (indented && after_setting_) {
      return std::nullopt;
    }
    return take_setting(content);
  }

  profile_sections finish() && { return std::move(sections_); }

 private:
  std::optional<std::string_view> take_header(std::string_view content) {
    auto const close = content.find(']');
    if (close == std::string_view::npos) {
      return "a section header without its closing ]";
    }
    auto const behind = trimmed(content.substr(close + 1));
    if (!behind.empty() && behind.front() != '#' && behind.front() != ';') {
      return "something stands behind a section header";
    }
    auto const name = section_name(content.substr(1, close - 1));
    if (name.empty()) {
      return "a section header without a name";
    }
    section_ = &sections_[name];
    after_setting_ = false;
    return std::nullopt;
  }

  std::optional<std::string_view> take_setting(std::string_view content) {
    auto const mark = content.find_first_of("=:");
    if (mark == std::string_view::npos) {
      return "neither a [section] nor `name = value`";
    }
    auto const name = trimmed(content.substr(0, mark));
    if (name.empty()) {
      return "a value without a name";
    }
    if (section_ == nullptr) {
      return "a setting before the first [section]";
    }
    // Cut the comment before trimming: `name = # comment` is an empty value.
    (*section_)[lower(name)] = std::string(trimmed(without_comment(content.substr(mark + 1))));
    after_setting_ = true;
    return std::nullopt;
  }

  profile_sections sections_;
  profile_section* section_ = nullptr;
  bool after_setting_ = false;
};

}  // namespace

parsed<profile_sections> parse_profile_file(std::string_view text, std::string_view shown_as) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
  }
  reader lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    if (auto const why = lines.take(text.substr(0, end))) {
      return refusal::because(std::string(shown_as) + ":" + std::to_string(number) + ": " +
                              std::string(*why));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(lines).finish();
}

}  // namespace s3proxy::app
