#include "engines.hpp"

#include "s3proxy/read_ahead/table_name.hpp"

#include "chance.hpp"
#include "unit/read_ahead/recorded_log.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <utility>
#include <variant>
#include <vector>

namespace s3proxy::hitratio {
namespace {

using read_ahead::recording;

constexpr std::size_t queries_at_a_time = 4;
constexpr double skew = 0.9;

/// The recordings as lists of requests; an object that several name is one object.
class library {
 public:
  explicit library(trace& into) : into_(into) {
    for (auto const& name : read_ahead::recording_names()) {
      auto requests = take(read_ahead::load_recording(name));
      if (!requests.empty()) {
        queries_.push_back(std::move(requests));
      }
    }
  }

  std::vector<std::vector<request>>& queries() { return queries_; }

 private:
  std::vector<request> take(recording const& from) {
    std::vector<request> out;
    for (auto const& one : from.requests) {
      auto const* const get = std::get_if<read_ahead::recorded_get>(&one.what);
      auto const span = get ? from.bytes_of(*get) : std::nullopt;
      if (span && !span->empty()) {
        out.push_back({number_of(from.objects[get->object]), 0, *span});
      }
    }
    return out;
  }

  std::uint32_t number_of(read_ahead::recorded_object const& one) {
    auto const next = static_cast<std::uint32_t>(into_.objects.size());
    auto const [place, is_new] = numbers_.try_emplace({one.key, *one.size}, next);
    if (is_new) {
      into_.objects.push_back({*one.size, read_ahead::format_of(one.key) != read_ahead::format::other});
    }
    return place->second;
  }

  trace& into_;
  std::map<std::pair<std::string, base::byte_count>, std::uint32_t> numbers_;
  std::vector<std::vector<request>> queries_;
};

}  // namespace

trace draw_engines_trace(std::size_t requests, std::uint64_t seed) {
  trace out{"engines", seed, {}, {}};
  auto queries = std::move(library(out).queries());
  chance by(seed);
  for (auto left = queries.size(); left > 1; --left) {
    std::swap(queries[left - 1], queries[by.between(0, left - 1)]);
  }
  zipf const ranks(queries.size(), skew);
  std::array<std::deque<request>, queries_at_a_time> running;
  for (std::uint32_t scan = 0; out.requests.size() < requests;) {
    auto& one = running[by.between(0, queries_at_a_time - 1)];
    if (one.empty()) {
      auto const& next = queries[ranks.draw(by)];
      one.assign(next.begin(), next.end());
      ++scan;
      std::ranges::for_each(one, [&](request& asked) { asked.scan = scan; });
    }
    out.requests.push_back(one.front());
    one.pop_front();
  }
  return out;
}

}  // namespace s3proxy::hitratio
