#include "s3proxy/app/region.hpp"

#include "s3proxy/s3/aws_endpoint.hpp"

#include <array>
#include <vector>

namespace s3proxy::app {
namespace {

/// A form of host names: labels from the right, `*` where the region stands, perhaps behind a prefix
/// (`s3-*`). More labels may stand to the left (a bucket, an account). `region` is what the form says when no
/// label does.
struct host_form {
  std::string_view pattern;
  std::string_view region;
};

// First match wins, so forms with a fixed region come before those with `*` in the same place.
constexpr std::array<host_form, 15> forms{{
    {"s3.amazonaws.com", "us-east-1"},
    {"s3-external-1.amazonaws.com", "us-east-1"},
    {"s3-accelerate.amazonaws.com", ""},  // global: says nothing
    {"s3.*.amazonaws.com", ""},
    {"s3-fips.*.amazonaws.com", ""},
    {"s3.*.amazonaws.com.cn", ""},
    {"dualstack.*.amazonaws.com", ""},  // s3.dualstack and s3-fips.dualstack
    {"s3.*.vpce.amazonaws.com", ""},
    {"s3-*.amazonaws.com", ""},
    {"r2.cloudflarestorage.com", "auto"},
    {"*.digitaloceanspaces.com", ""},
    {"s3.wasabisys.com", "us-east-1"},
    {"s3.*.wasabisys.com", ""},
    {"s3.*.backblazeb2.com", ""},
    {"s3.*.scw.cloud", ""},
}};

std::vector<std::string_view> labels_of(std::string_view host) {
  std::vector<std::string_view> labels;
  while (true) {
    auto const dot = host.find('.');
    labels.push_back(host.substr(0, dot));
    if (dot == std::string_view::npos) {
      return labels;
    }
    host.remove_prefix(dot + 1);
  }
}

/// What `form` says about `host`: nothing when it does not match, else the region or an empty text.
std::optional<std::string> match(host_form const& form, std::vector<std::string_view> const& host) {
  auto const pattern = labels_of(form.pattern);
  if (host.size() < pattern.size()) {
    return std::nullopt;
  }
  std::string region(form.region);
  auto const skipped = host.size() - pattern.size();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    auto const label = host[skipped + i];
    auto const star = pattern[i].find('*');
    if (star == std::string_view::npos ? label != pattern[i]
                                       : !label.starts_with(pattern[i].substr(0, star))) {
      return std::nullopt;
    }
    if (star != std::string_view::npos) {
      region = label.substr(star);
    }
  }
  return region;
}

std::optional<sourced<std::string>> from_variable(environment const& lookup, std::string_view name) {
  auto value = non_empty(lookup, name);
  return value ? std::optional(sourced<std::string>{*std::move(value), "environment " + std::string(name)})
               : std::nullopt;
}

sourced<std::string> choose(std::optional<sourced<std::string>> const& flag, environment const& lookup,
                            std::optional<found_region> const& from_profile, std::string_view host) {
  if (flag) {
    return *flag;
  }
  for (auto const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (auto found = from_variable(lookup, name)) {
      return *std::move(found);
    }
  }
  if (from_profile) {
    return {from_profile->name, from_profile->where};
  }
  if (auto found = region_of_host(host)) {
    return {*std::move(found), "the endpoint's host name"};
  }
  return {"us-east-1", "the default"};
}

}  // namespace

std::optional<std::string> region_of_host(std::string_view host) {
  if (auto const aws = s3::aws_endpoint::read(host)) {
    return aws->region();  // in every partition
  }
  auto const labels = labels_of(host);
  for (auto const& form : forms) {
    if (auto region = match(form, labels)) {
      return region->empty() ? std::nullopt : std::move(region);
    }
  }
  return std::nullopt;
}

parsed<resolved_region> resolve_region(std::optional<sourced<std::string>> const& flag,
                                       environment const& lookup,
                                       std::optional<found_region> const& from_profile,
                                       std::string_view host) {
  auto const chosen = choose(flag, lookup, from_profile, host);
  auto name = parse_region(chosen.value);
  if (!name) {
    return refusal::because(chosen.from + ": " + name.error().sentence);
  }
  return resolved_region{*std::move(name), chosen.from};
}

}  // namespace s3proxy::app
