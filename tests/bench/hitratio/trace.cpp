#include "trace.hpp"

#include <unordered_map>

namespace s3proxy::hitratio {
namespace {

constexpr base::byte_count tail_length = 512 * 1024;

bool is_tail(object const& of, std::uint64_t number) {
  auto const begin = of.size > tail_length ? of.size - tail_length : 0;
  return of.columnar && number >= cache::block_of(begin);
}

}  // namespace

block_trace cut_into_blocks(trace const& from) {
  block_trace out;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  for (auto const& asked : from.requests) {
    auto const& of = from.objects[asked.object];
    out.first.push_back(out.accesses.size());
    out.scans.push_back(asked.scan);
    out.wanted.push_back(asked.span.size());
    for (auto number = cache::block_of(asked.span.begin); number * cache::block_size < asked.span.end;
         ++number) {
      auto const name = (std::uint64_t{asked.object} << 32) | number;
      auto const [place, is_new] = numbers.try_emplace(name, static_cast<std::uint32_t>(numbers.size()));
      if (is_new) {
        out.places.push_back({asked.object, static_cast<std::uint32_t>(number), is_tail(of, number)});
      }
      out.accesses.push_back({place->second, cache::cells_touched(number, asked.span)});
    }
  }
  out.first.push_back(out.accesses.size());
  return out;
}

}  // namespace s3proxy::hitratio
