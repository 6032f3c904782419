#include "s3proxy/s3/aws_endpoint.hpp"

#include <algorithm>
#include <array>

namespace s3proxy::s3 {
namespace {

/// A partition: regions that share accounts, and the domain of their endpoints.
struct partition {
  std::string_view prefix;  ///< of its regions
  unsigned words;           ///< between the prefix and the number: `us-east-1` has one behind `us-`
  std::string_view domain;
};

// Source: the partitions of the SDKs' endpoint data,
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
// The first match wins; the commercial one is all that begins with two letters and is none of the others.
constexpr std::array<partition, 8> partitions{{{"us-gov-", 1, "amazonaws.com"},
                                               {"us-iso-", 1, "c2s.ic.gov"},
                                               {"us-isob-", 1, "sc2s.sgov.gov"},
                                               {"us-isof-", 1, "csp.hci.ic.gov"},
                                               {"eu-isoe-", 1, "cloud.adc-e.uk"},
                                               {"eusc-de-", 1, "amazonaws.eu"},
                                               {"cn-", 1, "amazonaws.com.cn"},
                                               {"", 2, "amazonaws.com"}}};

// The longer ones first: `s3` is how all begin.
constexpr std::array<std::string_view, 4> forms{"s3-fips.dualstack", "s3.dualstack", "s3-fips", "s3"};

constexpr std::string_view global_region = "us-east-1";
constexpr std::size_t longest_region = 32;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// True for `count` words and a number of one or two digits, joined by `-`.
bool is_words_and_number(std::string_view text, unsigned count) {
  for (; count > 0; --count) {
    auto const dash = text.find('-');
    auto const word = text.substr(0, dash);
    if (dash == std::string_view::npos || word.size() < 2 || !std::ranges::all_of(word, is_lower)) {
      return false;
    }
    text.remove_prefix(dash + 1);
  }
  return !text.empty() && text.size() <= 2 && std::ranges::all_of(text, is_digit);
}

partition const* partition_of(std::string_view region) {
  if (region.size() > longest_region) {
    return nullptr;
  }
  auto const found = std::ranges::find_if(partitions, [&](partition const& one) {
    return region.starts_with(one.prefix) && is_words_and_number(region.substr(one.prefix.size()), one.words);
  });
  // The commercial regions are named for a country or continent of two letters.
  auto const is_one = found != partitions.end() && (!found->prefix.empty() || region.find('-') == 2);
  return is_one ? &*found : nullptr;
}

}  // namespace

std::optional<aws_endpoint> aws_endpoint::read(std::string_view host) {
  if (host == "s3.amazonaws.com" || host == "s3-external-1.amazonaws.com") {
    return aws_endpoint("s3", global_region, "amazonaws.com");
  }
  for (auto const form : forms) {
    if (!host.starts_with(form)) {
      continue;
    }
    auto const rest = host.substr(form.size());
    // `s3-eu-west-1` is an old way to write `s3.eu-west-1`; newer regions have only the latter.
    auto const separated = rest.starts_with('.') || (form == "s3" && rest.starts_with('-'));
    auto const dot = rest.find('.', 1);
    if (!separated || dot == std::string_view::npos) {
      continue;
    }
    auto const region = rest.substr(1, dot - 1);
    auto const* const home = partition_of(region);
    if (home && rest.substr(dot + 1) == home->domain) {
      return aws_endpoint(form, region, home->domain);
    }
  }
  return std::nullopt;
}

std::optional<std::string> aws_endpoint::host_in(std::string_view region) const {
  auto const* const theirs = partition_of(region);
  if (!theirs || theirs != partition_of(region_)) {
    return std::nullopt;
  }
  return std::string(form_).append(".").append(region).append(".").append(domain_);
}

}  // namespace s3proxy::s3
