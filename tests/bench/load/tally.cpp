#include "tally.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace load {

namespace {

double microseconds(clock::duration time) {
  return std::chrono::duration<double, std::micro>{time}.count();
}

void write_summary(std::ostream& out, std::vector<times> const& answers, clock::duration times::* which) {
  std::vector<clock::duration> sorted;
  sorted.reserve(answers.size());
  std::ranges::transform(answers, std::back_inserter(sorted), which);
  std::ranges::sort(sorted);
  auto const at = [&sorted](double share) {
    auto const rank = std::ceil(share * static_cast<double>(sorted.size()));
    return sorted.empty() ? 0.0 : microseconds(sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1]);
  };
  out << "{\"p50\": " << at(0.5) << ", \"p99\": " << at(0.99) << ", \"p999\": " << at(0.999)
      << ", \"max\": " << at(1) << '}';
}

void write_each(std::ostream& out, std::vector<times> const& answers, clock::duration times::* which) {
  auto separator = "[";
  for (auto const& one : answers) {
    out << separator << microseconds(one.*which);
    separator = ", ";
  }
  out << ']';
}

}  // namespace

std::string tally::json(detail how) const {
  std::ostringstream out;
  out.precision(9);
  out << "{\"requests\": " << answers.size()
      << ", \"seconds\": " << std::chrono::duration<double>{took}.count()
      << ", \"body_bytes\": " << body_bytes << ", \"compared\": " << compared
      << ", \"compared_bytes\": " << compared_bytes << ", \"first_us\": ";
  write_summary(out, answers, &times::first);
  out << ", \"last_us\": ";
  write_summary(out, answers, &times::last);
  if (how == detail::single) {
    out << ", \"each_first_us\": ";
    write_each(out, answers, &times::first);
    out << ", \"each_last_us\": ";
    write_each(out, answers, &times::last);
  }
  out << '}';
  return out.str();
}

}  // namespace load
