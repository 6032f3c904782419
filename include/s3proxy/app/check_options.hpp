#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::app {

/// The setting of `flag`, which is one of the table.
setting const& setting_of(run_request const& request, std::string_view flag);

/// What only the whole of the settings can tell: no store, half a pair of certificate and key, and doors that
/// would stand open by accident. Settings whose own value was refused have no values and are not judged
/// again.
std::vector<std::string> refuse_whole(run_request const& request);

/// What is allowed and should be known: a certificate that nobody checks, settings without effect.
std::vector<std::string> warn_about(run_request const& request);

/// Why files that the settings name cannot be used: they are not there, or cannot be read. What stands in
/// them is for those who use them to judge.
std::vector<std::string> refuse_named_files(run_request const& request, file_reader const& read);

/// Private keys that everybody on this machine can read.
std::vector<std::string> warn_about_keys(run_request const& request, file_reader const& read);

}  // namespace s3proxy::app
