#include "counters.hpp"

#include <algorithm>
#include <iomanip>
#include <ios>

namespace rig {

std::string counters::json() const {
  auto const field = [](std::string_view name, std::uint64_t value) {
    return '"' + std::string{name} + "\": " + std::to_string(value);
  };
  return '{' + field("connections", connections) + ", " + field("requests", requests) + ", " +
         field("list_requests", list_requests) + ", " + field("request_body_bytes", request_body_bytes) +
         ", " + field("response_body_bytes", response_body_bytes) + ", " +
         field("list_response_body_bytes", list_response_body_bytes) + "}\n";
}

bool is_list(std::string_view method, std::string_view target) {
  auto const question = target.find('?');
  if (method != "GET" || question == std::string_view::npos) {
    return false;
  }
  auto query = target.substr(question + 1);
  while (!query.empty()) {
    auto const parameter = query.substr(0, query.find('&'));
    if (parameter == "list-type=2") {
      return true;
    }
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
  }
  return false;
}

void request_log::write(double seconds, std::uint64_t connection, std::string_view method,
                        std::string_view target, std::string_view range) {
  file_ << std::fixed << std::setprecision(4) << seconds << '\t' << connection << '\t' << method << '\t'
        << target << '\t' << (range.empty() ? "-" : range) << '\n'
        << std::flush;
}

}  // namespace rig
