#pragma once

#include "request.hpp"

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace load {

/// An answer that was not the one expected; the text says how.
struct wrong_answer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class check { length, bytes };

/// The answer to one request while it comes: its head must give the status and the length that are expected;
/// with `check::bytes` the body must be the object's, too. `asked` outlives it.
class answer {
 public:
  answer() = default;
  answer(request const& asked, check how) : asked_{&asked}, how_{how} {}

  /// Takes the next bytes, in pieces of any size. Throws wrong_answer.
  void take(std::span<char const> bytes);
  /// Bytes of the body were dropped unseen. Throws wrong_answer.
  void skip(std::uint64_t bytes);

  bool in_body() const { return in_body_; }
  bool is_whole() const { return in_body_ && received_ == asked_->body_bytes(); }
  std::uint64_t left() const { return asked_->body_bytes() - received_; }
  std::uint64_t body_bytes() const { return asked_->body_bytes(); }
  std::uint64_t received() const { return received_; }
  check how() const { return how_; }

 private:
  void read_head();
  [[noreturn]] void fail(std::string const& what) const;

  request const* asked_ = nullptr;
  check how_ = check::length;
  std::string head_;
  bool in_body_ = false;
  std::uint64_t received_ = 0;
};

}  // namespace load
