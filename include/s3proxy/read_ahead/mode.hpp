#pragma once

#include <string_view>

namespace s3proxy::read_ahead {

/// How much is read before anybody asks for it (`--read-ahead`).
enum class mode {
  off,
  metadata,  ///< the tails of columnar files: what a HEAD or the footer of the next file will ask for
  lean,      ///< that, and data that is nearly certain: for stores behind a thin or billed line
  full,      ///< that, and data that is more likely asked for than not
};

std::string_view to_text(mode m);

}  // namespace s3proxy::read_ahead
