#include "recorded_log.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace s3proxy::read_ahead {
namespace {

struct malformed {};

/// The words of a line, by one space each.
class words {
 public:
  explicit words(std::string_view line) : rest_(line) {}
  bool ended() const { return rest_.empty(); }
  std::string_view next() { return next(' '); }
  std::string_view next(char end) {
    auto const word = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
    return word;
  }
  std::string_view rest() { return std::exchange(rest_, {}); }

 private:
  std::string_view rest_;
};

template <typename Number>
Number number(std::string_view text) {
  Number value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    throw malformed{};
  }
  return value;
}

base::byte_span span(std::string_view text) {
  words ends(text);
  auto const begin = number<base::byte_count>(ends.next('-'));
  auto const end = number<base::byte_count>(ends.rest());
  if (end < begin) {
    throw malformed{};
  }
  return {begin, end};
}

std::optional<http::range_spec> range(std::string_view text) {
  if (text == "*") {
    return std::nullopt;
  }
  if (text.starts_with('-')) {
    return http::suffix_range{number<base::byte_count>(text.substr(1))};
  }
  if (text.ends_with('-')) {
    return http::open_range{number<base::byte_count>(text.substr(0, text.size() - 1))};
  }
  auto const closed = span(text);
  if (closed.empty()) {
    throw malformed{};
  }
  return http::closed_range{closed.begin, closed.end - 1};
}

std::chrono::microseconds milliseconds(std::string_view text) {
  words parts(text);
  auto const whole = number<std::uint64_t>(parts.next('.'));
  auto const tenths = number<std::uint64_t>(parts.rest());
  if (tenths > 9) {
    throw malformed{};
  }
  return std::chrono::microseconds{whole * 1000 + tenths * 100};
}

class reader {
 public:
  void take(std::string_view line) {
    words in(line);
    auto const kind = in.next();
    if (kind == "#") {
      found_.title = in.rest();
    } else if (kind == "schema") {
      take_schema(in);
    } else if (kind == "object") {
      auto const size = in.next();
      auto const known = size == "absent" ? std::nullopt : std::optional{number<base::byte_count>(size)};
      found_.objects.push_back({std::string{in.rest()}, known, {}});
    } else if (kind == "layout") {
      take_layout(in);
    } else if (kind == "group") {
      take_group(in);
    } else {
      take_request(milliseconds(kind), in);
    }
  }

  recording finish() && { return std::move(found_); }

 private:
  void take_schema(words& in) {
    auto& paths = schemas_.emplace_back();
    while (!in.ended()) {
      paths.push_back(path_hash(in.next()));
    }
  }

  void take_layout(words& in) {
    auto const schema = number<std::size_t>(in.next());
    if (schema >= schemas_.size() || found_.objects.empty()) {
      throw malformed{};
    }
    auto& made = found_.objects.back().columns.emplace();
    made.columns = schemas_[schema].size();
    made.paths = schemas_[schema];
    for (auto const& [name, place] : {std::pair{"column-indexes", &layout::column_indexes},
                                      {"offset-indexes", &layout::offset_indexes},
                                      {"bloom-filters", &layout::bloom_filters},
                                      {"footer", &layout::footer}}) {
      if (in.next('=') != name) {
        throw malformed{};
      }
      made.*place = span(in.next());
    }
    chunks_end_ = 0;
  }

  void take_group(words& in) {
    if (found_.objects.empty() || !found_.objects.back().columns) {
      throw malformed{};
    }
    auto& made = *found_.objects.back().columns;
    while (!in.ended()) {
      auto chunk = in.next();
      if (auto const colon = chunk.find(':'); colon != chunk.npos) {
        // A chunk may lie before the one that is told before it: unsigned arithmetic wraps as it should.
        chunks_end_ += static_cast<base::byte_count>(number<std::int64_t>(chunk.substr(0, colon)));
        chunk.remove_prefix(colon + 1);
      }
      auto const begin = chunks_end_;
      chunks_end_ += number<base::byte_count>(chunk);
      made.chunks.push_back({begin, chunks_end_});
    }
    ++made.row_groups;
    if (made.chunks.size() != made.row_groups * made.columns) {
      throw malformed{};
    }
  }

  void take_request(std::chrono::microseconds at, words& in) {
    auto const connection = number<std::uint64_t>(in.next());
    auto const kind = in.next();
    recorded_request made{at, connection, {}};
    if (kind == "L") {
      made.what = take_list(in);
    } else if (kind == "H") {
      made.what = recorded_head{object(in.next())};
    } else if (kind == "G") {
      auto const place = object(in.next());
      made.what = recorded_get{place, range(in.next())};
    } else {
      throw malformed{};
    }
    if (!in.ended() || (!found_.requests.empty() && at < found_.requests.back().at)) {
      throw malformed{};
    }
    found_.requests.push_back(std::move(made));
  }

  recorded_list take_list(words& in) {
    auto const keys = in.next();
    recorded_list made{std::string{in.rest()}, {}};
    for (words runs(keys == "-" ? "" : keys); !runs.ended();) {
      auto const run = span(runs.next(','));
      for (auto at = run.begin; at < run.end; ++at) {
        made.objects.push_back(object(at));
      }
    }
    return made;
  }

  std::size_t object(std::string_view text) const { return object(number<std::size_t>(text)); }
  std::size_t object(std::size_t place) const {
    return place < found_.objects.size() ? place : throw malformed{};
  }

  recording found_;
  std::vector<std::vector<std::uint64_t>> schemas_;
  base::byte_count chunks_end_ = 0;  ///< of the newest layout, so far
};

std::filesystem::path folder() {
  return S3PROXY_TEST_DATA "/read_ahead/logs";
}

}  // namespace

std::optional<base::byte_span> recording::bytes_of(recorded_get const& get) const {
  auto const size = objects[get.object].size;
  if (!size) {
    return std::nullopt;
  }
  return get.range ? http::resolve(*get.range, *size) : base::byte_span{0, *size};
}

recording read_recording(std::istream& log) {
  reader made;
  std::size_t at = 1;
  for (std::string line; std::getline(log, line); ++at) {
    try {
      made.take(line);
    } catch (malformed const&) {
      throw std::runtime_error{"line " + std::to_string(at) + " is not of the form: " + line};
    }
  }
  return std::move(made).finish();
}

recording load_recording(std::string_view name) {
  std::ifstream log(folder() / (std::string{name} + ".log"));
  if (!log) {
    throw std::runtime_error{"there is no recording " + std::string{name}};
  }
  return read_recording(log);
}

std::vector<std::string> recording_names() {
  std::vector<std::string> names;
  for (auto const& entry : std::filesystem::directory_iterator{folder()}) {
    names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace s3proxy::read_ahead
