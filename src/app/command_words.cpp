#include "s3proxy/app/command_words.hpp"

#include <utility>

namespace s3proxy::app {
namespace {

/// Takes the characters one by one.
class splitter {
 public:
  void take(char c) {
    if (escaped_) {
      escaped_ = false;
      // Within double quotes a backslash protects these alone, and stays before any other character.
      if (quote_ == '"' && std::string_view("\"\\$`").find(c) == std::string_view::npos) {
        word_ += '\\';
      }
      word_ += c;
    } else if (c == '\\' && quote_ != '\'') {
      escaped_ = true;
      in_word_ = true;
    } else if (quote_ == c && quote_ != 0) {
      quote_ = 0;
    } else if (quote_ != 0) {
      word_ += c;
    } else if (c == '\'' || c == '"') {
      quote_ = c;
      in_word_ = true;
    } else if (c == ' ' || c == '\t') {
      end_word();
    } else {
      word_ += c;
      in_word_ = true;
    }
  }
  void end_word() {
    if (in_word_) {
      words_.push_back(std::exchange(word_, {}));
      in_word_ = false;
    }
  }
  bool is_open() const { return quote_ != 0 || escaped_; }
  std::vector<std::string> finish() && { return std::move(words_); }

 private:
  std::vector<std::string> words_;
  std::string word_;
  char quote_ = 0;
  bool escaped_ = false;
  bool in_word_ = false;
};

}  // namespace

parsed<std::vector<std::string>> command_words(std::string_view command) {
  splitter words;
  for (auto const c : command) {
    words.take(c);
  }
  if (words.is_open()) {
    return refusal::because("has a quote that is not closed");
  }
  words.end_word();
  auto found = std::move(words).finish();
  if (found.empty() || found.front().empty()) {
    return refusal::because("names no program");
  }
  return found;
}

}  // namespace s3proxy::app
