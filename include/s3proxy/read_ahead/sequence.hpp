#pragma once

#include "s3proxy/base/units.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace s3proxy::read_ahead {

/// Finds what comes next in a file whose layout nobody knows, as file systems do, from the reads of one
/// version by one scan: they may be those of several threads, each with a region of its own.
///
/// Sequential: a read begins where an earlier one ended, or a small gap behind it. Strided: three reads of
/// one length, each as far behind the one before. Reads backwards, at random and again find nothing. Reads
/// that overtake one another on their way are put in order.
/// Fixed memory, about a kilobyte; a read costs less than a microsecond.
class sequence {
 public:
  /// What a read was to those before it.
  enum class step {
    apart,      ///< no part of a pattern, as far as is known
    again,      ///< begins where a recent one began, and is not longer: it says nothing
    began,      ///< it completes a pattern: the first that next() foretells something after
    continued,  ///< what next() foretold after the read before it
  };
  /// Notes a read. A guess was made after each `began` and `continued`, and came true with each `continued`:
  /// their ratio is the probability that guessing is worth it.
  step read(base::byte_span what);

  /// What comes after the read just noted: at most `depth` bytes, inside the object, in the order in which
  /// they will be asked for; nothing when it is part of no pattern.
  std::vector<base::byte_span> next(base::byte_span just_read, base::byte_count depth,
                                    base::byte_count object_size) const;

  static constexpr std::size_t most_streams = 8;  ///< more threads on one file than engines use
  static constexpr std::size_t most_points = 16;  ///< two reads of each thread, to find patterns in
  static constexpr std::size_t most_spans = 64;   ///< of tiny strides
  /// A gap is small up to this, and up to a quarter of the read before it: what is read for nothing.
  static constexpr base::byte_count most_gap = base::byte_count{64} << 10;
  /// Reads farther apart are more likely the regions of several threads than a stride.
  static constexpr base::byte_count most_stride = base::byte_count{64} << 20;

 private:
  struct stream {
    base::byte_span last;         ///< its latest read; empty: no stream
    base::byte_count reach = 0;   ///< where that ends, and what was read behind it before it
    base::byte_count stride = 0;  ///< from begin to begin; 0: sequential
    std::uint64_t used = 0;       ///< when, in reads
  };
  struct point {
    base::byte_span where;  ///< empty: none
    std::uint64_t when = 0;
  };

  bool fits(stream const& s, base::byte_span what) const;
  bool is_again(base::byte_span what) const;
  bool continues(base::byte_span what);
  bool begins_sequential(base::byte_span what);
  bool begins_strided(base::byte_span what);
  void move_on(stream& s, base::byte_span what);
  void add_stream(base::byte_span last, base::byte_count stride);
  void add_point(base::byte_span where, std::uint64_t when);

  std::array<stream, most_streams> streams_{};
  std::array<point, most_points> points_{};  ///< recent reads that no sequential stream holds
  std::uint64_t now_ = 0;                    ///< reads noted
};

}  // namespace s3proxy::read_ahead
