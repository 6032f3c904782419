#include "s3proxy/app/credential_files.hpp"

#include "s3proxy/app/credential_plan.hpp"
#include "s3proxy/base/crypto.hpp"

#include <utility>

namespace s3proxy::app {
namespace {

/// Equality without a hint of where the difference is.
bool same_pair(std::optional<s3::credentials> const& a, std::optional<s3::credentials> const& b) {
  if (!a || !b) {
    return a.has_value() == b.has_value();
  }
  return a->key_id == b->key_id &&
         base::equal_constant_time(a->secret_key.reveal(), b->secret_key.reveal()) &&
         base::equal_constant_time(a->session_token.reveal(), b->session_token.reveal());
}

}  // namespace

parsed<loaded_credentials> load_credentials(environment const& lookup, file_reader const& read) {
  auto plan = plan_credentials(lookup, read);
  if (!plan) {
    return plan.error();
  }
  if (plan->kind() == plan_kind::none || plan->kind() == plan_kind::if_there) {
    return loaded_credentials{std::nullopt, plan->where};
  }
  if (plan->kind() == plan_kind::handed_out) {
    return refusal::because("the credentials come from " + plan->where +
                            ", which hands out new ones now and then");
  }
  auto& written = std::get<upstream::written_keys>(plan->recipe->first);
  return loaded_credentials{std::move(written.pair), std::move(plan->where)};
}

parsed<std::optional<found_region>> profile_region(environment const& lookup, file_reader const& read) {
  auto const files = aws_files::read(lookup, read);
  if (!files) {
    return files.error();
  }
  auto const found = files->find(non_empty(lookup, "AWS_PROFILE").value_or("default"));
  for (auto const* part : {&found.config, &found.credentials}) {
    if (auto const name = part->find("region")) {
      return std::optional(found_region{*name, found.in(*part)});
    }
  }
  return std::optional<found_region>();
}

parsed<credential_source> credential_source::open(environment lookup, file_reader read, file_stamper stamp) {
  credential_source made(std::move(lookup), std::move(read), std::move(stamp));
  // Stamps first: a change between them and the reading shows at the next poll instead of never.
  made.seen_ = made.take_stamps();
  auto loaded = load_credentials(made.lookup_, made.read_);
  if (!loaded) {
    return loaded.error();
  }
  made.current_ = *std::move(loaded);
  return made;
}

credential_source::stamps credential_source::take_stamps() const {
  auto const paths = find_profile_paths(lookup_);
  stamps taken;
  for (auto const& path : {paths.credentials, paths.config}) {
    taken.push_back(path.empty() ? std::nullopt : stamp_(path));
  }
  return taken;
}

credential_source::report credential_source::poll() {
  auto now = take_stamps();
  if (now == seen_) {
    return {};
  }
  seen_ = std::move(now);
  auto loaded = load_credentials(lookup_, read_);
  if (!loaded) {
    return {outcome::kept, "the credentials changed and cannot be used, keeping those from " +
                               current_.where + ": " + loaded.error().sentence};
  }
  if (current_.pair && !loaded->pair) {
    return {outcome::kept, "the credentials are gone, keeping those from " + current_.where +
                               " until a restart: " + loaded->where};
  }
  if (same_pair(current_.pair, loaded->pair)) {
    return {};
  }
  current_ = *std::move(loaded);
  return {outcome::replaced, "new credentials from " + current_.where};
}

}  // namespace s3proxy::app
