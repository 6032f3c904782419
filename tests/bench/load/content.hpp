#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace load {

/// Writes what the object of every measurement holds from `offset` on: a function of the offset alone, so
/// that nobody needs a copy to compare an answer with. The same on one machine, not across byte orders.
void content_at(std::uint64_t offset, std::span<char> out);

/// Where bytes that were read from `offset` on first differ from the object's, if they do.
std::optional<std::size_t> first_difference(std::uint64_t offset, std::span<char const> bytes);

}  // namespace load
