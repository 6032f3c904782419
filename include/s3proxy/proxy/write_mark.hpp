#pragma once

#include "s3proxy/proxy/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::proxy {

/// Marks a write in the epochs of what it may change: when it starts, before every piece of its answer that
/// the client sees, and when it ends, whatever the outcome (an unknown outcome counts as a write). Nothing
/// that was asked of the store across an edge is believed.
class write_mark {
 public:
  explicit write_mark(exchange& ex);
  write_mark(write_mark const&) = delete;
  write_mark& operator=(write_mark const&) = delete;
  ~write_mark() { raise(); }

  /// A multi-delete names a key: its epoch rises now and at every later edge. `cut_off`: it may be any key.
  void add(std::string_view key, bool cut_off);
  /// The body of a multi-delete has passed. One that named no key in a way that we understand may have named
  /// any.
  void names_ended();
  void raise();

 private:
  exchange& ex_;
  s3::effect effect_;
  std::vector<base::object_key> keys_;
  bool whole_bucket_;
};

}  // namespace s3proxy::proxy
