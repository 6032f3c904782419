#include "counters.hpp"

#include <algorithm>
#include <iomanip>
#include <ios>

namespace rig {

std::string counters::json() const {
  std::string text;
  auto const add = [&text](std::string_view name, std::uint64_t value) {
    text += text.empty() ? "{\"" : ", \"";
    text += name;
    text += "\": " + std::to_string(value);
  };
  add("connections", connections);
  add("requests", requests);
  add("get_requests", get_requests);
  add("head_requests", head_requests);
  add("list_requests", list_requests);
  add("speculative_requests", speculative_requests);
  add("request_body_bytes", request_body_bytes);
  add("response_body_bytes", response_body_bytes);
  add("list_response_body_bytes", list_response_body_bytes);
  add("speculative_response_body_bytes", speculative_response_body_bytes);
  return text + "}\n";
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

bool is_speculative(std::string_view user_agent) {
  return user_agent.find("read-ahead") != std::string_view::npos;
}

void request_log::write(double seconds, std::uint64_t connection, std::string_view method,
                        std::string_view target, std::string_view range) {
  file_ << std::fixed << std::setprecision(4) << seconds << '\t' << connection << '\t' << method << '\t'
        << target << '\t' << (range.empty() ? "-" : range) << '\n'
        << std::flush;
}

}  // namespace rig
