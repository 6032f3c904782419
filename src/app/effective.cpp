#include "s3proxy/app/effective.hpp"

#include "s3proxy/app/option_table.hpp"

#include <algorithm>

namespace s3proxy::app {
namespace {

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};

constexpr std::size_t source_column = 52;

/// A basic string of TOML (https://toml.io/en/v1.0.0#string).
std::string quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out = "\"";
  for (auto const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

bool is_number(std::string_view text) {
  constexpr std::size_t longest = 18;  // what a signed 64-bit integer certainly holds
  return !text.empty() && text.size() <= longest && (text.front() != '0' || text.size() == 1) &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string in_toml(std::string_view text) {
  return is_number(text) ? std::string(text) : quoted(text);
}

/// `left`, and where it comes from in a column of its own.
std::string line(std::string left, std::string_view from) {
  left.resize(std::max(left.size() + 1, source_column), ' ');
  return left + "# " + observe::escape_line(from) + "\n";
}

std::string key_line(std::string_view key, std::string const& value, std::string_view from) {
  return line(std::string(key) + " = " + value, from);
}

std::string listed(std::vector<written> const& values) {
  std::string out = "[";
  for (auto const& value : values) {
    out += (out.size() > 1 ? ", " : "") + quoted(value.text);
  }
  return out + "]";
}

/// True when the default is a value, and not words about one.
bool is_value(option_row const& row) {
  options scratch;
  return row.value != path_value && !row.apply(row.initial, "default", scratch);
}

std::string default_line(option_row const& row, effective_facts const& facts) {
  auto const key = file_key(row);
  if (row.flag == "--region") {
    return key_line(key, quoted(facts.region.name), facts.region.from);
  }
  if (row.flag == "--memory") {
    return key_line(key, std::to_string(facts.memory.bytes), facts.memory.reason);
  }
  if (row.flag == "--threads") {
    return key_line(key, std::to_string(facts.threads), "default: " + std::string(row.initial));
  }
  if (row.flag == "--address") {
    return key_line(key, quoted(options().address), "default: " + std::string(row.initial));
  }
  return is_value(row) ? key_line(key, in_toml(row.initial), "default")
                       : line("# " + std::string(key), "default: " + std::string(row.initial));
}

std::string setting_line(setting const& told, effective_facts const& facts) {
  if (told.values.empty()) {
    return default_line(*told.row, facts);
  }
  if (told.row->flag == config_flag) {
    return line("# config " + quoted(told.values.front().text), told.from);
  }
  auto const value =
      told.row->given == option_row::times::many ? listed(told.values) : in_toml(told.values.front().text);
  return key_line(file_key(*told.row), value, told.from);
}

/// `key = "text"`, or nothing for an empty text.
std::string text_line(std::string_view key, std::string_view text) {
  return text.empty() ? std::string() : std::string(key) + " = " + quoted(text) + "\n";
}

std::string secret_line(std::string_view key, std::string const& file) {
  return file.empty() ? text_line(key, base::secret::printable()) : text_line("secret-file", file);
}

std::string source_lines(principal_source const& source) {
  return std::visit(
      overloaded{[](chain_source const&) { return text_line("source", "chain"); },
                 [](anonymous_source const&) { return text_line("source", "anonymous"); },
                 [](fixed_pair const& fixed) {
                   auto const token = fixed.pair.session_token.empty()
                                          ? std::string()
                                          : text_line("session-token", base::secret::printable());
                   return text_line("access-key-id", fixed.pair.key_id.str()) +
                          secret_line("secret-access-key", fixed.secret_file) + token;
                 },
                 [](profile_source const& from) { return text_line("profile", from.profile); },
                 [](role_source const& role) {
                   // Some treat the external id as a secret, so it is one here.
                   auto const id = role.external_id.empty()
                                       ? std::string()
                                       : "# " + text_line("external-id", base::secret::printable());
                   return text_line("role-arn", role.role_arn) + id +
                          text_line("session-name", role.session_name) +
                          text_line("source-profile", role.source_profile);
                 }},
      source);
}

std::string rule_text(s3::allow_rule const& rule) {
  std::string words;
  auto const add = [&](bool granted, std::string_view word) {
    words += granted ? (words.empty() ? "" : ", ") + quoted(word) : "";
  };
  add(rule.read, "read");
  add(rule.list, "list");
  add(rule.write, "write");
  auto const prefix = rule.prefix.empty() ? std::string() : "prefix = " + quoted(rule.prefix) + ", ";
  return "{ bucket = " + quoted(rule.bucket.str()) + ", " + prefix + "access = [" + words + "] }";
}

std::string allow_lines(declared_identity const& who) {
  if (!who.allow) {
    return {};
  }
  std::string out = "allow = [\n";
  for (auto const& rule : *who.allow) {
    out += "  " + rule_text(rule) + ",\n";
  }
  return out + "]\n";
}

std::string header(std::string_view name, declarations const& declared, config_place at) {
  return "\n" + line("[[" + std::string(name) + "]]", declared.file + ":" + std::to_string(at.line));
}

}  // namespace

std::string render_effective(run_request const& request, effective_facts const& facts) {
  std::string out;
  std::string_view topic;
  for (auto const& told : request.settings) {
    if (told.row->topic != topic) {
      out += (topic.empty() ? "# " : "\n# ") + std::string(told.row->topic) + "\n";
      topic = told.row->topic;
    }
    out += setting_line(told, facts);
  }
  auto const& declared = request.declared;
  if (declared.principals.empty()) {
    out += "\n# The store's credentials: " + observe::escape_line(facts.credentials_where) + "\n";
  }
  for (auto const& one : declared.principals) {
    out += header("principals", declared, one.at) + text_line("name", one.name) + source_lines(one.source);
  }
  for (auto const& who : declared.identities) {
    auto const principal =
        declared.principals.empty() ? std::string() : text_line("principal", who.principal);
    out += header("identities", declared, who.at) + text_line("access-key-id", who.keys.key_id.str()) +
           secret_line("secret", who.secret_file) + principal + allow_lines(who);
  }
  return out;
}

}  // namespace s3proxy::app
