#include "s3proxy/read_ahead/spans.hpp"

#include <algorithm>

namespace s3proxy::read_ahead {

using base::byte_count;
using base::byte_span;

byte_count take(span_set& from, byte_span span) {
  byte_count taken = 0;
  span_set left;
  for (auto const& one : from) {
    auto const common = base::intersect(one, span);
    if (common.empty()) {
      left.push_back(one);
      continue;
    }
    taken += common.size();
    if (one.begin < common.begin) {
      left.push_back({one.begin, common.begin});
    }
    if (common.end < one.end) {
      left.push_back({common.end, one.end});
    }
  }
  from = std::move(left);
  return taken;
}

void add(span_set& to, byte_span span) {
  // Those that it touches become one with it.
  std::erase_if(to, [&](byte_span one) {
    auto const apart = one.end < span.begin || span.end < one.begin;
    if (!apart) {
      span = {std::min(one.begin, span.begin), std::max(one.end, span.end)};
    }
    return !apart;
  });
  to.push_back(span);
}

span_set not_in(byte_span span, span_set const& held) {
  span_set left{span};
  for (auto const& one : held) {
    take(left, one);
  }
  std::ranges::sort(left, {}, &byte_span::begin);
  return left;
}

byte_count size_of(span_set const& spans) {
  byte_count total = 0;
  for (auto const& one : spans) {
    total += one.size();
  }
  return total;
}

}  // namespace s3proxy::read_ahead
