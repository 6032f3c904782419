#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace s3proxy::app {

/// The name that `mistyped` was probably meant to be: one that it begins, one that it begins with, or one
/// that differs in few characters; nothing when none is near.
std::optional<std::string_view> nearest(std::string_view mistyped, std::span<std::string_view const> names);

}  // namespace s3proxy::app
