#pragma once

#include "s3proxy/base/named.hpp"

namespace s3proxy::s3 {

/// A key pair, with the session token where it is temporary.
struct credentials {
  base::access_key_id key_id;
  base::secret secret_key;
  base::secret session_token;  ///< empty for long-lived keys
};

}  // namespace s3proxy::s3
