#include "s3proxy/app/reload.hpp"

#include "s3proxy/app/option_table.hpp"
#include "s3proxy/base/crypto.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace s3proxy::app {
namespace {

using sentences = std::vector<std::string>;

bool same(base::secret const& a, base::secret const& b) {
  return base::equal_constant_time(a.reveal(), b.reveal());
}

bool same(s3::credentials const& a, s3::credentials const& b) {
  return a.key_id == b.key_id && same(a.secret_key, b.secret_key) && same(a.session_token, b.session_token);
}

bool same(chain_source const&, chain_source const&) {
  return true;
}
bool same(anonymous_source const&, anonymous_source const&) {
  return true;
}
bool same(fixed_pair const& a, fixed_pair const& b) {
  return same(a.pair, b.pair);
}
bool same(profile_source const& a, profile_source const& b) {
  return a.profile == b.profile;
}
bool same(role_source const& a, role_source const& b) {
  return a.role_arn == b.role_arn && a.external_id == b.external_id && a.session_name == b.session_name &&
         a.source_profile == b.source_profile;
}

bool same(declared_principal const& a, declared_principal const& b) {
  return a.source.index() == b.source.index() &&
         std::visit(
             [&](auto const& left) { return same(left, std::get<std::decay_t<decltype(left)>>(b.source)); },
             a.source);
}

bool same(declared_identity const& a, declared_identity const& b) {
  return same(a.keys, b.keys) && a.principal == b.principal && a.allow == b.allow;
}

bool lost_rules(declared_principal const&, declared_principal const&) {
  return false;
}
bool lost_rules(declared_identity const& before, declared_identity const& after) {
  return before.allow && !after.allow;
}

std::string const& name_of(declared_principal const& one) {
  return one.name;
}
std::string const& name_of(declared_identity const& who) {
  return who.keys.key_id.str();
}

template <class T>
void compare(std::string_view called, std::vector<T> const& before, std::vector<T> const& after,
             sentences& out) {
  std::map<std::string, T const*> old;
  for (auto const& one : before) {
    old.emplace(name_of(one), &one);
  }
  auto const say = [&](std::string const& name, std::string_view what) {
    out.push_back(std::string(called) + " " + name + " " + std::string(what));
  };
  for (auto const& one : after) {
    auto const found = old.find(name_of(one));
    if (found == old.end()) {
      say(name_of(one), "added");
      continue;
    }
    if (!same(*found->second, one)) {
      say(name_of(one), lost_rules(*found->second, one)
                            ? "lost its rules: it may do all that its principal may"
                            : "changed");
    }
    old.erase(found);
  }
  for (auto const& [name, gone] : old) {
    say(name, "removed");
  }
}

/// A setting's value in words.
std::string words(setting const& told) {
  if (told.values.empty()) {
    return "the default (" + std::string(told.row->initial) + ")";
  }
  std::string out;
  for (auto const& value : told.values) {
    out += (out.empty() ? "" : ", ") + value.text;
  }
  return in_backticks(out);
}

bool same(setting const& a, setting const& b) {
  return std::ranges::equal(a.values, b.values, {}, &written::text, &written::text);
}

std::string joined(sentences const& parts) {
  std::string out;
  for (auto const& part : parts) {
    out += (out.empty() ? "" : "; ") + part;
  }
  return out;
}

}  // namespace

std::vector<std::string> changes_between(declarations const& before, declarations const& after) {
  sentences out;
  compare("principal", before.principals, after.principals, out);
  compare("identity", before.identities, after.identities, out);
  return out;
}

reload::report reload::now() {
  std::vector<char const*> argv;
  for (auto const& argument : arguments_) {
    argv.push_back(argument.c_str());
  }
  auto outcome = parse_options(static_cast<int>(argv.size()), argv.data(), lookup_, read_);
  if (auto* const wrong = std::get_if<usage_error>(&outcome)) {
    return keep(std::move(wrong->sentences));
  }
  auto fresh = std::get<run_request>(std::move(outcome));
  if (!running_.declared.identities.empty() && fresh.declared.identities.empty()) {
    // Else the store's own keys would come in: a file that is being written must not open the door.
    return keep({"no identity is left in " + in_backticks(running_.declared.file) +
                 "; to run without any, start anew"});
  }
  if (auto wrong = hooks_.take_over(fresh)) {
    return keep({*std::move(wrong)});
  }
  report told;
  told.warnings = fresh.warnings;
  auto changes = changes_between(running_.declared, fresh.declared);
  for (std::size_t i = 0; i < running_.settings.size(); ++i) {
    auto& old = running_.settings[i];
    auto const& now = fresh.settings[i];
    if (same(old, now)) {
      continue;
    }
    auto const change = std::string(file_key(*now.row)) + " changed from " + words(old) + " to " + words(now);
    if (now.row->takes_effect == option_row::effect::at_reload) {
      changes.push_back(change);
      old = now;
    } else {
      told.warnings.push_back(change + "; that takes effect at the next start");
    }
  }
  running_.declared = std::move(fresh.declared);
  running_.chosen.log = fresh.chosen.log;
  std::ranges::move(hooks_.certificates(), std::back_inserter(told.warnings));
  told.said = "configuration read again: " + (changes.empty() ? "nothing new in it" : joined(changes));
  return told;
}

reload::report reload::keep(std::vector<std::string> wrong) const {
  report told;
  told.what = report::outcome::kept;
  told.warnings.emplace_back("the configuration cannot be used, so nothing of it changes:");
  std::ranges::move(wrong, std::back_inserter(told.warnings));
  return told;
}

}  // namespace s3proxy::app
