#include "s3proxy/app/read_declarations.hpp"

#include "s3proxy/app/parse_identity.hpp"

#include "read_allow_rules.hpp"
#include "table_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace s3proxy::app {
namespace {

using kind = config_node::kind;

constexpr std::string_view principals_table = "[[principals]]";
constexpr std::string_view identities_table = "[[identities]]";

/// What all tables of one file are read with.
struct reading {
  std::string const& file;
  file_reader const& read;
  read_tables& out;
  bool holds_secrets = false;

  table_reader table(config_node const& node, std::string_view called) const {
    return {node, called, out.problems};
  }
};

/// A secret and where it was read.
struct found_secret {
  base::secret text;
  std::string file;
};

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  return text;
}

std::optional<found_secret> secret_in_file(reading& with, table_reader& table, config_node const& named) {
  constexpr std::string_view key = "secret-file";
  auto path = parse_path(named.text);
  if (!path) {
    table.complain(named.at, key, path.error().sentence);
    return std::nullopt;
  }
  *path = path_beside(with.file, *path);
  auto const content = with.read(*path);
  if (content.what != file_reading::outcome::read) {
    auto const why = content.what == file_reading::outcome::absent ? "there is no such file" : content.text;
    table.complain(named.at, key, "cannot read " + in_backticks(*path) + ": " + why);
    return std::nullopt;
  }
  auto const text = without_line_end(content.text);
  if (auto const wrong = refuse_secret(text)) {
    table.complain(named.at, key, "the content of " + in_backticks(*path) + " " + *wrong);
    return std::nullopt;
  }
  if (content.readers == readable_by::everybody) {
    with.out.warnings.push_back("everybody on this machine can read the secret in " + *path +
                                "; chmod o-r takes that right away");
  }
  return found_secret{base::secret(std::string(text)), *std::move(path)};
}

/// The secret that stands behind `key` or in the file that `secret-file` names: exactly one of them.
std::optional<found_secret> read_secret(reading& with, table_reader& table, std::string_view key) {
  auto const* const inside = table.text(key);
  auto const* const elsewhere = table.text("secret-file");
  if (inside != nullptr && elsewhere != nullptr) {
    table.complain(elsewhere->at, "secret-file",
                   "stands beside " + std::string(key) + "; one of them is enough");
    return std::nullopt;
  }
  if (elsewhere != nullptr) {
    return secret_in_file(with, table, *elsewhere);
  }
  if (inside == nullptr) {
    if (!table.has(key) && !table.has("secret-file")) {
      table.complain("has no secret; give " + std::string(key) + ", or secret-file with a path");
    }
    return std::nullopt;
  }
  with.holds_secrets = true;
  if (auto const wrong = refuse_secret(inside->text)) {
    table.complain(inside->at, key, *wrong);
    return std::nullopt;
  }
  return found_secret{base::secret(inside->text), {}};
}

std::optional<principal_source> read_fixed_pair(reading& with, table_reader& table) {
  auto key_id = table.parsed_text("access-key-id", parse_access_key_id);
  if (!table.has("access-key-id")) {
    table.complain("has a secret and no access-key-id");
  }
  auto secret = read_secret(with, table, "secret-access-key");
  std::string token;
  if (auto const* const found = table.text("session-token")) {
    with.holds_secrets = true;
    token = found->text;
    // A token is no secret key, and may be longer; the characters are the same.
    bool const well_formed =
        !token.empty() && std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!well_formed) {
      table.complain(found->at, "session-token", "is empty or holds a character that no token has");
    }
  }
  if (!key_id || !secret) {
    return std::nullopt;
  }
  return fixed_pair{{base::access_key_id(*key_id), std::move(secret->text), base::secret(token)},
                    secret->file};
}

std::optional<principal_source> read_role(table_reader& table) {
  role_source role;
  auto const arn = table.parsed_text("role-arn", parse_role_arn);
  role.external_id = table.parsed_text("external-id", parse_external_id).value_or("");
  role.session_name = table.parsed_text("session-name", parse_session_name).value_or("");
  role.source_profile = table.parsed_text("source-profile", parse_profile_name).value_or("");
  if (!arn) {
    return std::nullopt;
  }
  role.role_arn = *arn;
  return role;
}

std::optional<principal_source> read_named_source(table_reader& table) {
  auto const* const found = table.text("source");
  if (found == nullptr) {
    return std::nullopt;
  }
  if (found->text == "chain") {
    return chain_source{};
  }
  if (found->text == "anonymous") {
    return anonymous_source{};
  }
  table.complain(
      found->at, "source",
      in_backticks(found->text) +
          " is not a source of credentials; allowed: chain (the usual places of AWS), anonymous (send "
          "requests unsigned)");
  return std::nullopt;
}

/// A way for a principal to come by its credentials: the key that chooses it, and the keys that go with it.
struct way {
  std::string_view key;
  std::array<std::string_view, 3> others;
};
constexpr std::array<way, 4> ways{{
    {"access-key-id", {"secret-access-key", "secret-file", "session-token"}},
    {"profile", {}},
    {"role-arn", {"external-id", "session-name", "source-profile"}},
    {"source", {}},
}};

bool is_chosen(way const& one, table_reader const& table) {
  return table.has(one.key) || std::ranges::any_of(one.others, [&](auto key) { return table.has(key); });
}

std::optional<principal_source> read_source(reading& with, table_reader& table) {
  std::vector<std::string_view> chosen;
  for (auto const& one : ways) {
    if (is_chosen(one, table)) {
      chosen.push_back(one.key);
    }
    // Known keys all, so that none is called unknown when the way itself is what is wrong.
    table.node(one.key);
    for (auto const key : one.others) {
      table.node(key);
    }
  }
  if (chosen.size() != 1) {
    auto const why = chosen.empty() ? std::string("does not say where its credentials come from")
                                    : "gets its credentials in two ways, " + std::string(chosen[0]) +
                                          " and " + std::string(chosen[1]);
    table.complain(
        why +
        "; allowed is one of: access-key-id with secret-access-key or secret-file, profile, role-arn, "
        "source = \"chain\", source = \"anonymous\"");
    return std::nullopt;
  }
  if (chosen[0] == "access-key-id") {
    return read_fixed_pair(with, table);
  }
  if (chosen[0] == "role-arn") {
    if (!table.has("role-arn")) {
      table.complain("has no role-arn for its external-id, session-name or source-profile");
    }
    return read_role(table);
  }
  if (chosen[0] == "profile") {
    auto const name = table.parsed_text("profile", parse_profile_name);
    return name ? std::optional<principal_source>(profile_source{*name}) : std::nullopt;
  }
  return read_named_source(table);
}

void read_principal(reading& with, config_node const& node) {
  auto table = with.table(node, principals_table);
  auto const name = table.parsed_text("name", parse_principal_name);
  if (!table.has("name")) {
    table.complain("has no name, by which identities choose it");
  }
  auto source = read_source(with, table);
  table.refuse_rest();
  // One without a source is kept: identities that name it are not wrong.
  if (name) {
    with.out.declared.principals.push_back({*name, source.value_or(chain_source{}), node.at});
  }
}

void read_identity(reading& with, config_node const& node) {
  auto table = with.table(node, identities_table);
  auto const key_id = table.parsed_text("access-key-id", parse_access_key_id);
  if (!table.has("access-key-id")) {
    table.complain("has no access-key-id");
  }
  auto secret = read_secret(with, table, "secret");
  auto const principal = table.parsed_text("principal", parse_principal_name);
  auto allow = read_allow_rules(table, with.out.problems);
  table.refuse_rest();
  auto const* const chosen = node.find("principal");
  if (key_id) {
    auto text = secret ? std::move(secret->text) : base::secret();
    auto file = secret ? std::move(secret->file) : std::string();
    with.out.declared.identities.push_back({{base::access_key_id(*key_id), std::move(text), base::secret()},
                                            std::move(file),
                                            principal.value_or(""),
                                            std::move(allow),
                                            node.at,
                                            chosen != nullptr ? chosen->at : node.at});
  }
}

/// The tables of `[[key]]`, each read by `one`.
template <class Read>
void read_each(reading& with, config_node const& root, std::string_view key, Read one) {
  auto const* const found = root.find(key);
  if (found == nullptr) {
    return;
  }
  bool const is_list = found->what == kind::list && std::ranges::all_of(found->items, [](auto const& item) {
                         return item.what == kind::table;
                       });
  if (!is_list) {
    auto const header = "[[" + std::string(key) + "]]";
    with.out.problems.push_back({found->at, std::string(key) + ": must be tables, each below a line " +
                                                header + " with two brackets"});
    return;
  }
  for (auto const& item : found->items) {
    one(with, item);
  }
}

}  // namespace

std::string path_beside(std::string const& file, std::string const& path) {
  auto const slash = file.rfind('/');
  return path.starts_with('/') || slash == std::string::npos ? path : file.substr(0, slash + 1) + path;
}

read_tables read_declarations(config_node const& root, std::string const& file, readable_by readers,
                              file_reader const& read) {
  read_tables out;
  out.declared.file = file;
  reading with{file, read, out};
  read_each(with, root, principals_key, read_principal);
  read_each(with, root, identities_key, read_identity);
  if (with.holds_secrets && readers == readable_by::everybody) {
    out.warnings.push_back("everybody on this machine can read the secrets in " + file +
                           "; chmod o-r takes that right away, and secret-file moves them elsewhere");
  }
  return out;
}

}  // namespace s3proxy::app
