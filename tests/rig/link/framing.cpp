#include "framing.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rig {
namespace {

constexpr std::size_t largest_head = std::size_t{64} * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::uint64_t> number(std::string_view digits, int base) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end == digits.data()) {
    return std::nullopt;
  }
  return value;
}

message_head read_head(std::string_view text) {
  message_head head;
  auto line_end = text.find("\r\n");
  head.start_line = text.substr(0, line_end);
  while (line_end != std::string_view::npos) {
    text.remove_prefix(line_end + 2);
    line_end = text.find("\r\n");
    auto const line = text.substr(0, line_end);
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    auto const name = line.substr(0, colon);
    auto const value = trimmed(line.substr(colon + 1));
    if (same_name(name, "content-length")) {
      head.content_length = number(value, 10);
    } else if (same_name(name, "transfer-encoding")) {
      head.chunked = same_name(value, "chunked");
    } else if (same_name(name, "range")) {
      head.range = value;
    } else if (same_name(name, "user-agent")) {
      head.user_agent = value;
    }
  }
  return head;
}

}  // namespace

std::optional<piece> message_framing::next(std::string_view bytes) {
  switch (state_) {
    case state::between:
    case state::in_head:
      return next_in_head(bytes);
    case state::fixed:
      return next_in_fixed(bytes);
    case state::until_close:
      return piece{.size = bytes.size(), .body_bytes = bytes.size()};
    case state::chunk_size:
    case state::chunk_data:
    case state::chunk_end:
    case state::trailer:
      return next_in_chunks(bytes);
    case state::awaiting_rule:
      break;
  }
  return std::nullopt;
}

std::optional<piece> message_framing::next_in_head(std::string_view bytes) {
  piece result{.begins_message = state_ == state::between};
  state_ = state::in_head;
  // The end may lie across two reads: look again at the last three characters of what came before.
  auto const known = text_.size();
  text_.append(bytes);
  auto const end = text_.find("\r\n\r\n", known < 3 ? 0 : known - 3);
  if (end == std::string::npos) {
    result.size = bytes.size();
    return text_.size() > largest_head ? std::nullopt : std::optional{result};
  }
  result.size = end + 4 - known;
  result.ends_head = true;
  head_ = read_head(std::string_view{text_}.substr(0, end));
  text_.clear();
  state_ = state::awaiting_rule;
  return result;
}

void message_framing::begin_body(body_rule rule) {
  if (rule == body_rule::none) {
    state_ = state::between;
  } else if (head_.chunked) {
    state_ = state::chunk_size;
  } else if (head_.content_length) {
    remaining_ = *head_.content_length;
    state_ = remaining_ == 0 ? state::between : state::fixed;
  } else {
    state_ = rule == body_rule::until_close ? state::until_close : state::between;
  }
}

piece message_framing::next_in_fixed(std::string_view bytes) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
  remaining_ -= size;
  if (remaining_ == 0) {
    state_ = state::between;
  }
  return {.size = size, .body_bytes = size, .ends_message = remaining_ == 0};
}

/// Collects a line in `text_`: how many of `bytes` it took, with `text_` ending in "\n" once it is whole.
std::optional<std::size_t> message_framing::take_line(std::string_view bytes) {
  auto const end = bytes.find('\n');
  auto const size = end == std::string_view::npos ? bytes.size() : end + 1;
  text_.append(bytes.substr(0, size));
  return text_.size() > largest_head ? std::nullopt : std::optional{size};
}

std::optional<piece> message_framing::next_in_chunks(std::string_view bytes) {
  if (state_ == state::chunk_data) {
    auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
    remaining_ -= size;
    if (remaining_ == 0) {
      state_ = state::chunk_end;
    }
    return piece{.size = size, .body_bytes = size};
  }
  auto const size = take_line(bytes);
  if (!size) {
    return std::nullopt;
  }
  piece result{.size = *size};
  if (!text_.ends_with('\n')) {
    return result;
  }
  auto const line = std::exchange(text_, {});
  if (state_ == state::chunk_size) {
    auto const length = number(line, 16);
    if (!length) {
      return std::nullopt;
    }
    remaining_ = *length;
    state_ = remaining_ == 0 ? state::trailer : state::chunk_data;
  } else if (state_ == state::chunk_end) {
    state_ = state::chunk_size;
  } else if (line == "\r\n") {
    state_ = state::between;
    result.ends_message = true;
  }
  return result;
}

}  // namespace rig
