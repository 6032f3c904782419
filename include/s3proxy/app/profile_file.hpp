#pragma once

#include "s3proxy/app/parse_value.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::app {

/// The settings of one section, names in lower case.
using profile_section = std::map<std::string, std::string, std::less<>>;
/// Sections by their header as written between the brackets, spaces and quotes normalised: `default`,
/// `profile analytics`.
using profile_sections = std::map<std::string, profile_section, std::less<>>;

/// Reads an AWS credentials or config file: `[section]`, `name = value` (or `name: value`), comments that
/// start with
/// `#` or `;` at the front of a line or after a space. Indented lines belong to the setting above them and
/// are passed over. A section that comes twice is merged, the later value counts.
///
/// Refuses with `shown_as:LINE: why` a line that is none of these. The line itself is never quoted: it may
/// hold a secret. Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
parsed<profile_sections> parse_profile_file(std::string_view text, std::string_view shown_as);

}  // namespace s3proxy::app
