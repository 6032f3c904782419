#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/read_ahead/mode.hpp"

namespace s3proxy::proxy {

/// Whether all of a key's neighbours are asked for here.
enum class fleet {
  alone,     ///< one s3proxy: what a listing names next may be read here next
  balanced,  ///< several behind one balancer, which hashes the path: most of a listing's keys are others' to
             ///< serve
};

/// What the operator said of reading ahead.
struct read_ahead_settings {
  read_ahead::mode mode = read_ahead::mode::full;
  /// Speculative bytes for each byte asked for, over a minute. Above 0. At 2, a guess is right one time in
  /// three or better, and a third of a link is always left to demand.
  double budget = 2;
  /// Objects up to this size are fetched whole: on a link with 30 ms to the first byte and 80 MB/s, as long
  /// as one round trip. 0: none is.
  base::byte_count small_object = base::byte_count{2} << 20;
  proxy::fleet fleet = proxy::fleet::alone;
};

}  // namespace s3proxy::proxy
