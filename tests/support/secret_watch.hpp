#pragma once

#include "s3proxy/s3/credentials.hpp"

#include <string_view>

namespace s3proxy::test {

/// From now on until forget_secrets, no line that the program writes may show this. Texts of less than eight
/// characters are words of ordinary sentences and are left out.
void keep_secret(std::string_view text);
/// The secret and the token of a key pair.
void keep_secret(s3::credentials const& keys);

void forget_secrets();

/// A line of the log or of the access log: the running test fails when a secret is in it, as it is or as a
/// URL has it. From any thread.
void watch_line(std::string_view line);

}  // namespace s3proxy::test
