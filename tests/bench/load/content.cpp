#include "content.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace load {

namespace {

constexpr std::size_t word_bytes = 8;

// The output function of SplitMix64 (Steele, Lea, Flood 2014) over a counter.
std::uint64_t word(std::uint64_t number) {
  auto mixed = (number + 1) * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace

void content_at(std::uint64_t offset, std::span<char> out) {
  while (!out.empty()) {
    auto const skipped = static_cast<std::size_t>(offset % word_bytes);
    auto const size = std::min(word_bytes - skipped, out.size());
    std::array<char, word_bytes> bytes{};
    auto const value = word(offset / word_bytes);
    std::memcpy(bytes.data(), &value, word_bytes);
    std::memcpy(out.data(), bytes.data() + skipped, size);
    out = out.subspan(size);
    offset += size;
  }
}

std::optional<std::size_t> first_difference(std::uint64_t offset, std::span<char const> bytes) {
  std::array<char, 4096> expected;
  for (std::size_t at = 0; at < bytes.size(); at += expected.size()) {
    auto const size = std::min(expected.size(), bytes.size() - at);
    content_at(offset + at, std::span{expected}.first(size));
    auto const [ours, theirs] =
        std::mismatch(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(size),
                      bytes.begin() + static_cast<std::ptrdiff_t>(at));
    if (auto const same = static_cast<std::size_t>(ours - expected.begin()); same < size) {
      return at + same;
    }
  }
  return std::nullopt;
}

}  // namespace load
