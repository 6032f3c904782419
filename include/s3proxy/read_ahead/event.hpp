#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/read_ahead/columns.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace s3proxy::read_ahead {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// One content of one object, as a number that means nothing here; 0: not known.
using object_version = std::uint64_t;
/// Names one guess, from its making to its end.
using ticket = std::uint64_t;

/// Of a table, what happened. `peer` is the address of whoever reads.

struct listed_file {
  base::object_key key;
  base::byte_count size = 0;
  enum class storage { quick, slow_or_billed } kept = storage::quick;
};
/// A listing passed, or a part of one: the files of this table that it named, in its order.
struct listed {
  std::string peer;
  std::vector<listed_file> files;
  duration took{};  ///< the store, to answer; zero: not known
};

struct file_content {
  base::object_key key;
  object_version version = 0;
  base::byte_count size = 0;
};

/// A HEAD was answered. `tail`: what was fetched of the file's end with it, empty if nothing.
struct opened {
  std::string peer;
  file_content file;
  base::byte_span tail;
  duration took{};  ///< the store, to answer; zero: not known
};

enum class held { yes, no };
/// A client reads a span. `bytes`: whether all of it was there already.
struct was_read {
  std::string peer;
  file_content file;
  base::byte_span span;
  held bytes = held::no;
};

/// The footer of a version was read: where its columns lie, or null where it has no layout. Made by whoever
/// read it: a wide table takes longer than a lock should.
struct layout_read {
  file_content file;
  std::shared_ptr<file_shape const> shape;
};

/// The footer of a version did not come: whoever reads the file's end next has it looked for again.
struct layout_missed {
  file_content file;
};

/// A guess is there. `took`: from sending its request to its last byte.
struct landed {
  ticket guess = 0;
  duration took{};
};
/// A guess came to nothing. `forbidden`: the store does not let this reader read here.
struct refused {
  ticket guess = 0;
  enum class why { forbidden, other } reason = why::other;
};
/// The last connection of a peer closed: its scans are over.
struct peer_left {
  std::string peer;
};
/// Time passed.
struct tick {};

using event =
    std::variant<listed, opened, was_read, layout_read, layout_missed, landed, refused, peer_left, tick>;

/// Why something is fetched before anybody asked for it.
enum class guess_kind {
  tail,           ///< of the next files of a listing: their footers
  column,         ///< what was read of one row group, in another
  neighbourhood,  ///< what lies beside the first read of a row group
  sequence,       ///< what comes next of a sequential or strided reader
  index,          ///< page indexes and bloom filters, for a reader that reads them
  whole,          ///< a small object
};
inline constexpr std::size_t guess_kinds = 6;
std::string_view to_text(guess_kind k);

/// What to fetch. `version` 0: whichever is current.
struct guess {
  ticket number = 0;
  file_content file;
  base::byte_span span;
  guess_kind kind = guess_kind::tail;
};
/// `number bucket-less key [begin, end) kind`, for logs and tests.
std::string to_text(guess const& g);

/// What a step says to do.
struct advice {
  std::vector<guess> fetch;
  std::vector<ticket> cancel;             ///< nobody will want these any more
  std::vector<file_content> read_layout;  ///< whose footers are to be read
};

}  // namespace s3proxy::read_ahead
