#pragma once

#include <string>
#include <string_view>

namespace s3proxy::test {

/// The value of a field of a JSON access line, without its quotes; empty when there is none. The lines are
/// flat.
inline std::string told(std::string_view line, std::string const& name) {
  auto const mark = '"' + name + "\":";
  auto const at = line.find(mark);
  if (at == std::string_view::npos) {
    return {};
  }
  auto const value = line.substr(at + mark.size());
  return value.starts_with('"') ? std::string(value.substr(1, value.find('"', 1) - 1))
                                : std::string(value.substr(0, value.find_first_of(",}")));
}

}  // namespace s3proxy::test
