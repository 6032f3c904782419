#include "s3proxy/cache/fetch.hpp"

#include "s3proxy/cache/cells.hpp"

#include <algorithm>

namespace s3proxy::cache {
namespace {

void split(base::byte_span run, fetch_limits const& limits, std::vector<base::byte_span>& out) {
  while (run.size() > limits.split_beyond) {
    out.push_back({run.begin, run.begin + limits.part});
    run.begin += limits.part;
  }
  out.push_back(run);
}

}  // namespace

std::vector<base::byte_span> parts_of(base::byte_span run, fetch_limits const& limits) {
  std::vector<base::byte_span> out;
  split(run, limits, out);
  return out;
}

std::vector<base::byte_span> plan_fetches(std::span<base::byte_span const> missing,
                                          fetch_limits const& limits) {
  std::vector<base::byte_span> out;
  base::byte_span run;
  base::byte_count used = 0;
  base::byte_count wasted = 0;
  for (auto const& piece : missing) {
    auto const gap = run.empty() ? 0 : piece.begin - run.end;
    auto const bridge = !run.empty() && gap <= limits.gap && wasted + gap <= used + piece.size();
    if (bridge) {
      run.end = piece.end;
      used += piece.size();
      wasted += gap;
      continue;
    }
    if (!run.empty()) {
      split(run, limits, out);
    }
    run = piece;
    used = piece.size();
    wasted = 0;
  }
  if (!run.empty()) {
    split(run, limits, out);
  }
  return out;
}

base::byte_count window_of(read_extent extent, base::byte_count consumed, base::byte_count budget_share,
                           fetch_limits const& limits) {
  auto const most = std::max(block_size, std::min(limits.window, budget_share));
  if (extent == read_extent::closed) {
    return most;
  }
  return std::min(most, limits.open_window + consumed);
}

}  // namespace s3proxy::cache
