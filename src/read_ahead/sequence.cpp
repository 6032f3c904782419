#include "s3proxy/read_ahead/sequence.hpp"

#include <algorithm>

namespace s3proxy::read_ahead {

namespace {

/// Whether it begins at `end`, or a small gap behind it; `size` was the read before.
bool follows(base::byte_count end, base::byte_count size, base::byte_span what) {
  return what.begin >= end && what.begin - end <= std::min(sequence::most_gap, size / 4);
}

}  // namespace

sequence::step sequence::read(base::byte_span what) {
  if (what.empty() || is_again(what)) {
    return step::again;
  }
  ++now_;
  if (continues(what)) {
    return step::continued;
  }
  if (begins_sequential(what) || begins_strided(what)) {
    return step::began;
  }
  add_point(what, now_);
  return step::apart;
}

bool sequence::is_again(base::byte_span what) const {
  auto const repeats = [&](base::byte_span before) {
    return what.begin == before.begin && what.end <= before.end;
  };
  return std::ranges::any_of(streams_, repeats, &stream::last) ||
         std::ranges::any_of(points_, repeats, &point::where);
}

bool sequence::fits(stream const& s, base::byte_span what) const {
  if (s.last.empty()) {
    return false;
  }
  if (s.stride == 0) {
    return follows(s.reach, s.last.size(), what);
  }
  return what.size() == s.last.size() && what.begin > s.last.begin && what.begin - s.last.begin == s.stride;
}

/// Of several streams that a read may continue it is the one with the smallest gap.
bool sequence::continues(base::byte_span what) {
  stream* best = nullptr;
  for (auto& s : streams_) {
    if (fits(s, what) && (!best || s.reach > best->reach)) {
      best = &s;
    }
  }
  if (!best) {
    return false;
  }
  move_on(*best, what);
  return true;
}

/// What was read behind `what` before it (requests overtake one another) belongs to the stream now.
void sequence::move_on(stream& s, base::byte_span what) {
  s.last = what;
  s.reach = what.end;
  s.used = now_;
  if (s.stride != 0) {
    // Threads that share a file begin at a stride as well: each of these reads may be the first of a scan.
    add_point(what, now_);
    return;
  }
  auto const is_behind = [&](point const& p) {
    return !p.where.empty() && follows(s.reach, what.size(), p.where);
  };
  for (auto p = std::ranges::find_if(points_, is_behind); p != points_.end();
       p = std::ranges::find_if(points_, is_behind)) {
    s.reach = p->where.end;
    *p = {};
  }
}

bool sequence::begins_sequential(base::byte_span what) {
  point* best = nullptr;
  for (auto& p : points_) {
    bool const before = !p.where.empty() && follows(p.where.end, p.where.size(), what);
    if (before && (!best || p.where.end > best->where.end)) {
      best = &p;
    }
  }
  if (!best) {
    return false;
  }
  *best = {};
  add_stream(what, 0);
  return true;
}

bool sequence::begins_strided(base::byte_span what) {
  auto const alike = [&](point const& p) {
    return p.where.size() == what.size() && p.where.begin < what.begin;
  };
  for (auto& second : points_) {
    if (!alike(second)) {
      continue;
    }
    auto const stride = what.begin - second.where.begin;
    auto const is_first = [&](point const& p) {
      return alike(p) && p.when < second.when && p.where.begin < second.where.begin &&
             second.where.begin - p.where.begin == stride;
    };
    auto const first = std::ranges::find_if(points_, is_first);
    if (stride <= most_stride && first != points_.end()) {
      add_stream(what, stride);
      return true;
    }
  }
  return false;
}

/// The stream that was silent longest gives way; its latest read is kept as a point, so that it is found
/// again when it goes on.
void sequence::add_stream(base::byte_span last, base::byte_count stride) {
  auto const oldest = std::ranges::min_element(streams_, {}, &stream::used);
  if (!oldest->last.empty()) {
    add_point(oldest->last, oldest->used);
  }
  oldest->stride = stride;
  move_on(*oldest, last);
}

void sequence::add_point(base::byte_span where, std::uint64_t when) {
  *std::ranges::min_element(points_, {}, &point::when) = {where, when};
}

std::vector<base::byte_span> sequence::next(base::byte_span just_read, base::byte_count depth,
                                            base::byte_count object_size) const {
  std::vector<base::byte_span> out;
  auto const of = std::ranges::find(streams_, just_read, &stream::last);
  if (just_read.empty() || of == streams_.end()) {
    return out;
  }
  if (of->stride == 0) {
    if (of->reach < object_size && depth != 0) {
      out.push_back({of->reach, of->reach + std::min(depth, object_size - of->reach)});
    }
    return out;
  }
  auto at = just_read.begin;
  while (depth != 0 && out.size() < most_spans && at < object_size && of->stride < object_size - at) {
    at += of->stride;
    auto const size = std::min({just_read.size(), depth, object_size - at});
    out.push_back({at, at + size});
    depth -= size;
  }
  return out;
}

}  // namespace s3proxy::read_ahead
