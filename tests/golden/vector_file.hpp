#pragma once

#include "s3proxy/s3/sigv4.hpp"

#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::s3 {

/// A line of a file of vectors; generate.py tells its form.
struct vector {
  credentials const* key = nullptr;
  http::wall_time clock;
  std::string head;
  std::string told;  ///< forms.py only
};

inline std::function<credentials const*(std::string_view)> only(credentials const* pair) {
  return [pair](std::string_view key_id) { return pair && pair->key_id.str() == key_id ? pair : nullptr; };
}

/// Reads vectors one by one; the keys that they name stay here.
class vector_reader {
 public:
  explicit vector_reader(std::istream& in) : in_(in) {}

  /// The next vector; nothing at the end.
  std::optional<vector> next() {
    for (std::string line; std::getline(in_, line);) {
      auto const part = split(line);
      if (part.at(0) == "request") {
        http::wall_time const clock{std::chrono::seconds{std::stoll(part.at(2))}};
        return vector{&keys_.at(part.at(1)), clock, unescape(part.at(3)),
                      part.size() > 4 ? part[4] : std::string{}};
      }
      auto const& token = part.at(4);
      keys_[part.at(1)] = {base::access_key_id{part.at(2)}, base::secret{part.at(3)},
                           base::secret{token == "-" ? std::string{} : token}};
    }
    return std::nullopt;
  }
  credentials const* find(std::string_view key_id) const {
    for (auto const& [name, pair] : keys_) {
      if (pair.key_id.str() == key_id) {
        return &pair;
      }
    }
    return nullptr;
  }

 private:
  static std::vector<std::string> split(std::string const& line) {
    std::vector<std::string> out(1);
    for (char const c : line) {
      if (c == '\t') {
        out.emplace_back();
      } else {
        out.back() += c;
      }
    }
    return out;
  }
  static std::string unescape(std::string_view text) {
    static std::map<char, char> const meanings{{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'\\', '\\'}};
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      out += text[i] == '\\' ? meanings.at(text[++i]) : text[i];
    }
    return out;
  }

  std::istream& in_;
  std::map<std::string, credentials> keys_;
};

/// What becomes of a head: parsed and verified, or why not.
inline base::result<verified> judge(vector const& of, std::string const& raw) {
  static signing_key_cache keys;
  auto const head = http::parse_request_head(raw);
  if (!head) {
    return head.error();
  }
  return verify(*head, {.find_key = only(of.key), .now = of.clock, .keys = &keys});
}

}  // namespace s3proxy::s3
