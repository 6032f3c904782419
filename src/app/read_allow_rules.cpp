#include "read_allow_rules.hpp"

#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/s3/address.hpp"

#include <algorithm>
#include <array>

namespace s3proxy::app {
namespace {

using kind = config_node::kind;

constexpr std::array<std::string_view, 3> access_words{"read", "list", "write"};

void grant(s3::allow_rule& rule, std::string_view word) {
  rule.read = rule.read || word == "read";
  rule.list = rule.list || word == "list";
  rule.write = rule.write || word == "write";
}

void read_access_word(table_reader& table, config_node const& node, s3::allow_rule& rule) {
  bool const known =
      node.what == kind::text && std::ranges::find(access_words, node.text) != access_words.end();
  if (known) {
    grant(rule, node.text);
    return;
  }
  auto const shown = node.what == kind::text ? in_backticks(node.text) : std::string("this");
  auto const meant = node.what == kind::text ? nearest(node.text, access_words) : std::nullopt;
  auto const advice = meant ? "; did you mean " + std::string(*meant) + "?" : std::string();
  table.complain(node.at, "access",
                 shown + " is not a kind of access" + advice + (meant ? " (allowed: " : "; allowed: ") +
                     "read, list, write" + (meant ? ")" : ""));
}

void read_access(table_reader& table, s3::allow_rule& rule) {
  auto const* const node = table.node("access");
  if (node == nullptr) {
    table.complain("has no access; allowed: a list of read, list, write");
    return;
  }
  if (node->what == kind::text) {
    read_access_word(table, *node, rule);
    return;
  }
  if (node->what != kind::list || node->items.empty()) {
    table.complain(node->at, "access", "must be a list of one or more of: read, list, write");
    return;
  }
  for (auto const& word : node->items) {
    read_access_word(table, word, rule);
  }
}

parsed<std::string> parse_rule_bucket(std::string_view text) {
  // What a request's path could name, and nothing else; a pattern would promise what is not kept.
  auto const named = s3::parse_address("/" + std::string(text));
  bool const is_one = named && named->is_bucket() && named->bucket.str() == text;
  if (text != "*" && !is_one) {
    return refusal::because(in_backticks(text) +
                            " is not a bucket; allowed: a bucket's whole name, or * for every bucket");
  }
  return std::string(text);
}

parsed<std::string> parse_rule_prefix(std::string_view text) {
  if (text.find('*') != std::string_view::npos) {
    return refusal::because(
        in_backticks(text) +
        " holds a *, and prefixes are no patterns: team-a/ covers every key that begins so");
  }
  return std::string(text);
}

s3::allow_rule read_rule(config_node const& node, std::vector<config_problem>& problems) {
  table_reader table(node, "an allow rule", problems);
  s3::allow_rule rule;
  rule.bucket = base::bucket_name(table.parsed_text("bucket", parse_rule_bucket).value_or(""));
  if (!table.has("bucket")) {
    table.complain("has no bucket; give its name, or * for every bucket");
  }
  rule.prefix = table.parsed_text("prefix", parse_rule_prefix).value_or("");
  read_access(table, rule);
  table.refuse_rest();
  return rule;
}

}  // namespace

std::optional<std::vector<s3::allow_rule>> read_allow_rules(table_reader& table,
                                                            std::vector<config_problem>& problems) {
  auto const* const node = table.node("allow");
  if (node == nullptr) {
    return std::nullopt;
  }
  std::vector<s3::allow_rule> rules;
  bool const is_list =
      node->what == kind::list && !node->items.empty() &&
      std::ranges::all_of(node->items, [](auto const& item) { return item.what == kind::table; });
  if (!is_list) {
    auto const why =
        node->what == kind::list && node->items.empty()
            ? "is empty: this identity could do nothing; leave it out to allow what the principal "
              "may, or write rules such as "
            : "must be a list of rules such as ";
    table.complain(node->at, "allow",
                   std::string(why) + "[{ bucket = \"lake\", prefix = \"team-a/\", access = [\"read\"] }]");
    return rules;
  }
  for (auto const& item : node->items) {
    rules.push_back(read_rule(item, problems));
  }
  return rules;
}

}  // namespace s3proxy::app
