#include "s3proxy/observe/access_line.hpp"

#include <array>
#include <cstdio>
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
  out.append(out.empty() ? "" : " ").append(name).append("=");
  if (value.empty()) {
    out += '-';
  }
  for (auto const c : value) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '%' || c == '\\') {
      append_hex(out, "%", byte);
    } else {
      out += c;
    }
  }
}

// Bytes beyond ASCII are written as U+00XX, so that the line is valid JSON whatever the key's encoding.
void append_json(std::string& out, std::string_view name, std::string_view value) {
  out.append(out.size() == 1 ? "\"" : ",\"").append(name).append("\":\"");
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

void append_json(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(value));
}

std::string render_text(access_record const& r) {
  std::string out;
  append_text(out, "time", http::format_iso_date(r.at));
  append_text(out, "id", r.request_id);
  append_text(out, "client", r.peer);
  append_text(out, "method", r.method);
  append_text(out, "op", r.operation);
  append_text(out, "bucket", r.bucket);
  append_text(out, "key", r.key);
  append_text(out, "range", r.range);
  append_text(out, "status", std::to_string(r.status));
  append_text(out, "bytes", std::to_string(r.bytes));
  append_text(out, "phase", r.phase);
  append_text(out, "reason", r.reason);
  append_text(out, "origin_calls", std::to_string(r.origin_calls));
  append_text(out, "first_byte_us", std::to_string(r.first_byte.count()));
  append_text(out, "total_us", std::to_string(r.total.count()));
  append_text(out, "error", r.error);
  append_text(out, "ahead", std::to_string(r.ahead));
  append_text(out, "guessed", std::to_string(r.guessed));
  return out;
}

std::string render_json(access_record const& r) {
  std::string out = "{";
  append_json(out, "time", http::format_iso_date(r.at));
  append_json(out, "id", r.request_id);
  append_json(out, "client", r.peer);
  append_json(out, "method", r.method);
  append_json(out, "op", r.operation);
  append_json(out, "bucket", r.bucket);
  append_json(out, "key", r.key);
  append_json(out, "range", r.range);
  append_json(out, "status", r.status);
  append_json(out, "bytes", r.bytes);
  append_json(out, "phase", r.phase);
  append_json(out, "reason", r.reason);
  append_json(out, "origin_calls", r.origin_calls);
  append_json(out, "first_byte_us", static_cast<std::uint64_t>(r.first_byte.count()));
  append_json(out, "total_us", static_cast<std::uint64_t>(r.total.count()));
  append_json(out, "error", r.error);
  append_json(out, "ahead", r.ahead);
  append_json(out, "guessed", r.guessed);
  return out + '}';
}

}  // namespace

std::string render(access_record const& record, access_format format) {
  switch (format) {
    case access_format::off:
      return {};
    case access_format::text:
      return render_text(record);
    case access_format::json:
      return render_json(record);
  }
  return {};
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
    wake = waiting_.empty();
    waiting_.push_back(std::move(one));
  }
  if (wake) {
    changed_.notify_one();
  }
}

void access_log::run() {
  for (;;) {
    std::vector<access_record> taken;
    std::uint64_t dropped = 0;
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      taken.swap(waiting_);
      dropped = std::exchange(dropped_, 0);
      last = stopping_;
    }
    std::string lines;
    for (auto const& one : taken) {
      lines.append(render(one, format_)).append("\n");
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
