#include "answer.hpp"

#include "content.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

namespace load {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t largest_head = 16 * 1024;
constexpr std::uint64_t first_error = 400;  // of the statuses whose bodies are text that says why

bool is_same_word(std::string_view one, std::string_view other) {
  return std::ranges::equal(
      one, other, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end != text.data() ? std::optional{value} : std::nullopt;
}

std::optional<std::uint64_t> content_length(std::string_view head) {
  constexpr std::string_view name = "content-length:";
  for (auto line = head.find("\r\n"); line != std::string_view::npos; line = head.find("\r\n", line + 2)) {
    auto const field = head.substr(line + 2);
    if (is_same_word(field.substr(0, name.size()), name)) {
      auto const value = field.substr(name.size());
      return number_in(value.substr(std::min(value.size(), value.find_first_not_of(' '))));
    }
  }
  return std::nullopt;
}

}  // namespace

void answer::take(std::span<char const> bytes) {
  if (!in_body_) {
    auto const seen = head_.size();
    head_.append(bytes.data(), bytes.size());
    auto const end = head_.find(head_end, seen - std::min(seen, head_end.size() - 1));
    if (end == std::string::npos) {
      if (head_.size() > largest_head) {
        fail("has a head without an end");
      }
      return;
    }
    read_head();
    bytes = bytes.subspan(end + head_end.size() - seen);
  }
  if (how_ == check::bytes && bytes.size() <= left()) {
    if (auto const at = first_difference(asked_->offset + received_, bytes)) {
      fail("differs from the object at offset " + std::to_string(asked_->offset + received_ + *at));
    }
  }
  skip(bytes.size());
}

void answer::skip(std::uint64_t bytes) {
  if (bytes > left()) {
    fail("goes on behind its end");
  }
  received_ += bytes;
}

void answer::read_head() {
  in_body_ = true;
  auto const status = number_in(std::string_view{head_}.substr(std::min(head_.size(), head_.find(' ') + 1)));
  if (!status || *status < first_error) {
    head_.resize(head_.find(head_end));
  }
  if (status != static_cast<std::uint64_t>(asked_->status)) {
    fail("has not status " + std::to_string(asked_->status) + ":\n" + head_);
  }
  if (content_length(head_) != asked_->length) {
    fail("has not length " + std::to_string(asked_->length) + ":\n" + head_);
  }
}

void answer::fail(std::string const& what) const {
  throw wrong_answer{"the answer to\n" + asked_->bytes + what};
}

}  // namespace load
