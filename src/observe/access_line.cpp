#include "s3proxy/observe/access_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace s3proxy::observe {
namespace {

void append_hex(std::string& out, std::string_view prefix, unsigned char byte) {
  static constexpr char digits[] = "0123456789abcdef";
  out += prefix;
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

// A key may hold anything: percent-encoding keeps the line one line, and fields apart.
void append_text(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("=");
  if (value.empty()) {
    out += '-';
  }
  auto const is_plain = [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '"' && c != '%' && c != '\\';
  };
  while (!value.empty()) {
    auto const plain = static_cast<std::size_t>(std::ranges::find_if_not(value, is_plain) - value.begin());
    out += value.substr(0, plain);
    value.remove_prefix(plain);
    if (!value.empty()) {
      append_hex(out, "%", static_cast<unsigned char>(value.front()));
      value.remove_prefix(1);
    }
  }
}

// Bytes beyond ASCII are written as U+00XX, so that the line is valid JSON whatever the key's encoding.
void append_json(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":\"");
  for (auto const c : value) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append("\\").append(1, c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      append_hex(out, "\\u00", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_text(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(" ").append(name).append("=");
  append_number(out, value);
}

void append_json(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(",\"").append(name).append("\":");
  append_number(out, value);
}

/// Each field with its name, in the order of the line.
template <class Tell>
void tell_fields(access_record const& r, Tell tell) {
  tell("time", std::string_view(http::format_iso_date(r.at)));
  tell("id", std::string_view(r.request_id));
  tell("client", std::string_view(r.peer));
  tell("method", std::string_view(r.method));
  tell("op", r.operation);
  tell("bucket", std::string_view(r.bucket));
  tell("key", std::string_view(r.key));
  tell("range", std::string_view(r.range));
  tell("status", std::uint64_t{r.status});
  tell("bytes", std::uint64_t{r.bytes});
  tell("phase", r.phase);
  tell("reason", r.reason);
  tell("origin_calls", std::uint64_t{r.origin_calls});
  tell("first_byte_us", static_cast<std::uint64_t>(r.first_byte.count()));
  tell("total_us", static_cast<std::uint64_t>(r.total.count()));
  tell("error", std::string_view(r.error));
  tell("ahead", std::uint64_t{r.ahead});
  tell("guessed", std::uint64_t{r.guessed});
}

void append_line(std::string& out, access_record const& record, access_format format) {
  auto const begin = out.size();
  if (format == access_format::text) {
    tell_fields(record, [&](std::string_view name, auto value) { append_text(out, name, value); });
    out.erase(begin, 1);
  } else if (format == access_format::json) {
    tell_fields(record, [&](std::string_view name, auto value) { append_json(out, name, value); });
    out[begin] = '{';
    out += '}';
  }
}

}  // namespace

std::string render(access_record const& record, access_format format) {
  std::string out;
  append_line(out, record, format);
  return out;
}

access_log::access_log(access_format format, sink write) : format_(format), write_(std::move(write)) {
  if (format_ != access_format::off) {
    thread_ = std::thread([this] { run(); });
  }
}

access_log::~access_log() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void access_log::record(access_record one) {
  if (format_ == access_format::off) {
    return;
  }
  bool wake = false;
  {
    std::lock_guard const lock(mutex_);
    if (waiting_.size() >= most_waiting) {
      ++dropped_;
      return;
    }
    waiting_.push_back(std::move(one));
    wake = waiting_.size() == 1 || waiting_.size() == most_waiting / 2;
  }
  if (wake) {
    changed_.notify_one();
  }
}

void access_log::run() {
  std::vector<access_record> taken;
  std::string lines;
  for (;;) {
    taken.clear();
    lines.clear();
    std::uint64_t dropped = 0;
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      changed_.wait_for(lock, gathering, [this] { return stopping_ || waiting_.size() >= most_waiting / 2; });
      taken.swap(waiting_);
      dropped = std::exchange(dropped_, 0);
      last = stopping_;
    }
    for (auto const& one : taken) {
      append_line(lines, one, format_);
      lines += '\n';
    }
    if (dropped > 0) {
      lines.append(format_ == access_format::json ? "{\"dropped_lines\":" + std::to_string(dropped) + "}\n"
                                                  : "dropped_lines=" + std::to_string(dropped) + "\n");
    }
    if (!lines.empty()) {
      write_(lines);
    }
    if (last && taken.empty()) {
      return;
    }
  }
}

}  // namespace s3proxy::observe
