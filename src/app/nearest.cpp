#include "s3proxy/app/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace s3proxy::app {
namespace {

constexpr std::size_t shortest_abbreviation = 4;

/// Levenshtein's distance: how many characters must be typed differently.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      auto const above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

bool abbreviates(std::string_view shorter, std::string_view longer) {
  return shorter.size() >= shortest_abbreviation && longer.starts_with(shorter);
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view mistyped, std::span<std::string_view const> names) {
  // An abbreviation is the commonest mistake of those who come from tools that allow it.
  for (auto const name : names) {
    if (abbreviates(mistyped, name) || abbreviates(name, mistyped)) {
      return name;
    }
  }
  auto const found = std::ranges::min_element(names, {}, [&](auto name) { return distance(mistyped, name); });
  auto const allowed = std::max<std::size_t>(2, (mistyped.size() + 2) / 3);
  // Half of a short name typed differently is another name.
  bool const near = found != names.end() && distance(mistyped, *found) <= allowed &&
                    2 * distance(mistyped, *found) <= std::max(mistyped.size(), found->size());
  return near ? std::optional(*found) : std::nullopt;
}

}  // namespace s3proxy::app
