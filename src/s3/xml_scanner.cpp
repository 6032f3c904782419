#include "s3proxy/s3/document_scanner.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace s3proxy::s3 {
namespace {

constexpr std::size_t max_name = 128;
constexpr std::size_t max_entity = 32;  // a character reference, with leading zeros to spare

constexpr std::string_view comment_mark = "--";
constexpr std::string_view cdata_mark = "[CDATA[";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool has_ink(std::string_view text) {
  return !std::all_of(text.begin(), text.end(), is_blank);
}

/// XML 1.0 section 2.2: what a document may hold, and so refer to.
bool is_character(std::uint32_t code) {
  return code == 0x9 || code == 0xA || code == 0xD || (code >= 0x20 && code < 0xD800) ||
         (code >= 0xE000 && code < 0xFFFE) || (code >= 0x10000 && code < 0x110000);
}

std::string to_utf8(std::uint32_t code) {
  auto const tail = [code](unsigned shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  auto const lead = [code](unsigned mark, unsigned shift) {
    return static_cast<char>(mark | (code >> shift));
  };
  if (code < 0x80) {
    return {static_cast<char>(code)};
  }
  if (code < 0x800) {
    return {lead(0xC0, 6), tail(0)};
  }
  if (code < 0x10000) {
    return {lead(0xE0, 12), tail(6), tail(0)};
  }
  return {lead(0xF0, 18), tail(12), tail(6), tail(0)};
}

/// The text of a character reference, given without its `&#` and `;`.
std::optional<std::string> refer(std::string_view number) {
  int const base = number.starts_with('x') ? 16 : 10;
  number.remove_prefix(base == 16 ? 1 : 0);
  std::uint32_t code = 0;
  auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), code, base);
  if (error != std::errc{} || end != number.data() + number.size() || !is_character(code)) {
    return std::nullopt;
  }
  return to_utf8(code);
}

std::optional<std::string> expand(std::string_view entity) {
  if (entity.starts_with('#')) {
    return refer(entity.substr(1));
  }
  static constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
  for (auto const& [name, text] : known) {
    if (name == entity) {
      return std::string(text);
    }
  }
  return std::nullopt;
}

}  // namespace

xml_scanner::xml_scanner(on_end handler) : handler_(std::move(handler)) {}

void xml_scanner::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (state_ == state::text && !in_entity_ && !after_return_) {
      auto const is_plain = [](char c) { return c != '<' && c != '&' && c != '\r'; };
      auto const end = std::find_if_not(piece.begin(), piece.end(), is_plain);
      auto const run = static_cast<std::size_t>(end - piece.begin());
      append(piece.substr(0, run));
      piece.remove_prefix(run);
      if (piece.empty()) {
        return;
      }
    }
    byte(piece.front());
    piece.remove_prefix(1);
  }
}

void xml_scanner::byte(char c) {
  switch (state_) {
    case state::text:
      return in_entity_ ? entity_byte(c) : text_byte(c);
    case state::tag_start:
      return tag_start(c);
    case state::tag_name:
    case state::in_tag:
      return tag_byte(c);
    case state::in_value:
      state_ = c == quote_ ? state::in_tag : state::in_value;
      return;
    case state::markup:
      return markup_byte(c);
    case state::comment:
      return skip_until('-', 2, c);
    case state::instruction:
      return skip_until('?', 1, c);
    case state::cdata:
      return cdata_byte(c);
    case state::doctype:
      return doctype_byte(c);
  }
}

void xml_scanner::text_byte(char c) {
  if (c == '<') {
    after_return_ = false;
    state_ = state::tag_start;
  } else if (c == '&') {
    after_return_ = false;
    in_entity_ = true;
    pending_.clear();
  } else {
    character(c);
  }
}

/// A character of the text, with CR LF and CR read as LF (XML 1.0 section 2.11).
void xml_scanner::character(char c) {
  bool const ends_pair = std::exchange(after_return_, c == '\r') && c == '\n';
  if (!ends_pair) {
    char const read = c == '\r' ? '\n' : c;
    append({&read, 1});
  }
}

void xml_scanner::entity_byte(char c) {
  if (c == ';') {
    in_entity_ = false;
    return resolve_entity();
  }
  if (c != '<' && c != '&' && pending_.size() < max_entity) {
    pending_ += c;
    return;
  }
  in_entity_ = false;
  append("&");
  append(pending_);
  truncated_ = true;
  text_byte(c);
}

void xml_scanner::resolve_entity() {
  if (auto const text = expand(pending_)) {
    return append(*text);
  }
  append("&");
  append(pending_);
  append(";");
  truncated_ = true;
}

void xml_scanner::tag_start(char c) {
  name_.clear();
  self_closing_ = false;
  closing_ = c == '/';
  fences_ = 0;
  if (c == '!') {
    state_ = state::markup;
    pending_.clear();
  } else if (c == '?') {
    state_ = state::instruction;
  } else if (c == '>' || is_blank(c)) {
    state_ = state::text;  // no tag has an empty name
    truncated_ = true;
  } else {
    state_ = state::tag_name;
    if (!closing_) {
      tag_byte(c);
    }
  }
}

void xml_scanner::tag_byte(char c) {
  if (c == '>') {
    return finish_tag();
  }
  self_closing_ = c == '/';
  if (state_ == state::tag_name) {
    if (is_blank(c) || c == '/') {
      state_ = state::in_tag;
    } else if (c == ':') {
      name_.clear();
    } else if (name_.size() < max_name) {
      name_ += c;
    }
  } else if (c == '"' || c == '\'') {
    quote_ = c;
    state_ = state::in_value;
  }
}

void xml_scanner::markup_byte(char c) {
  pending_ += c;
  if (pending_ == comment_mark) {
    state_ = state::comment;
  } else if (pending_ == cdata_mark) {
    state_ = state::cdata;
  } else if (!comment_mark.starts_with(pending_) && !cdata_mark.starts_with(pending_)) {
    state_ = state::doctype;
    quote_ = 0;
    for (std::size_t i = 0; i < pending_.size() && state_ == state::doctype; ++i) {
      doctype_byte(pending_[i]);
    }
  }
}

void xml_scanner::skip_until(char fence, std::size_t fences, char c) {
  if (c == '>' && fences_ >= fences) {
    state_ = state::text;
  }
  fences_ = c == fence ? fences_ + 1 : 0;
}

void xml_scanner::cdata_byte(char c) {
  if (c == ']') {
    after_return_ = false;
    ++fences_;
    return;
  }
  bool const ends = c == '>' && fences_ >= 2;
  for (fences_ -= ends ? 2 : 0; fences_ > 0; --fences_) {
    append("]");
  }
  if (ends) {
    state_ = state::text;
    after_return_ = false;
  } else {
    character(c);
  }
}

void xml_scanner::doctype_byte(char c) {
  if (quote_ != 0) {
    quote_ = c == quote_ ? char{0} : quote_;
  } else if (c == '"' || c == '\'') {
    quote_ = c;
  } else if (c == '[') {
    ++fences_;
  } else if (c == ']' && fences_ > 0) {
    --fences_;
  } else if (c == '>' && fences_ == 0) {
    state_ = state::text;
  }
}

void xml_scanner::finish_tag() {
  state_ = state::text;
  if (!closing_) {
    open_element();
  }
  if (closing_ || self_closing_) {
    close_element();
  }
}

void xml_scanner::open_element() {
  if (!levels_.empty()) {
    auto& parent = levels_.back();
    parent.has_children = true;
    parent.lost_text = parent.lost_text || truncated_ || has_ink(text_);
  }
  end_text();
  if (skipped_depth_ > 0 || levels_.size() == max_depth) {
    ++skipped_depth_;
    return;
  }
  levels_.push_back({.path_size = path_.size()});
  if (!path_.empty()) {
    path_ += '/';
  }
  path_ += name_;
}

void xml_scanner::close_element() {
  if (skipped_depth_ > 0) {
    --skipped_depth_;
    return end_text();
  }
  auto const is_it = [this](level const& open) { return name_of(open) == name_; };
  auto const found = std::find_if(levels_.rbegin(), levels_.rend(), is_it);
  if (found == levels_.rend()) {
    truncated_ = true;  // a stray end tag, in the middle of somebody's text
    return;
  }
  // What was left open inside ends with it, unreported: this is no well-formed document.
  for (auto inner = levels_.rbegin(); inner != found; ++inner) {
    path_.resize(inner->path_size);
  }
  levels_.erase(found.base(), levels_.end());
  auto const closed = levels_.back();
  bool const lost = truncated_ || closed.lost_text || (closed.has_children && has_ink(text_));
  handler_(path_, text_, lost);
  path_.resize(closed.path_size);
  levels_.pop_back();
  end_text();
}

void xml_scanner::end_text() {
  text_.clear();
  truncated_ = false;
}

void xml_scanner::append(std::string_view text) {
  if (skipped_depth_ > 0 || levels_.empty()) {
    return;
  }
  auto const room = max_text - text_.size();
  truncated_ = truncated_ || text.size() > room;
  text_.append(text.substr(0, room));
}

std::string_view xml_scanner::name_of(level const& open) const {
  auto const following = &open == &levels_.back() ? path_.size() : (&open + 1)->path_size;
  auto const start = open.path_size == 0 ? 0 : open.path_size + 1;
  return std::string_view(path_).substr(start, following - start);
}

}  // namespace s3proxy::s3
