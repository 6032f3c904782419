#pragma once

#include "policies.hpp"
#include "trace.hpp"

#include <cstddef>
#include <stdexcept>

namespace s3proxy::hitratio {

/// A byte came back that is not its object's.
struct wrong_byte : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Plays the trace through a store::block_store of so many blocks, as a reader of objects does: claims what
/// is missing, fills it, reads. Each cell has a stamp of its own, which is compared with every read. Throws
/// wrong_byte.
outcome play_store(trace const& asked, std::size_t blocks);

}  // namespace s3proxy::hitratio
