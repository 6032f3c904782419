#include "s3proxy/app/nearest.hpp"
#include "s3proxy/app/option_table.hpp"

#include <algorithm>
#include <vector>

namespace s3proxy::app {
namespace {

constexpr std::size_t text_width = 100;

/// `text` in lines of at most text_width, each behind `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    bool const fits = column > 0 && column + 1 + end <= text_width;
    if (!fits) {
      out += (column > 0 ? "\n" : "") + std::string(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

std::string described(option_row const& row) {
  auto out = row.short_flag.empty() ? std::string("      ") : "  " + std::string(row.short_flag) + ", ";
  auto const joint = row.bare.empty() ? " " : "";
  auto const value = row.bare.empty() ? std::string(row.value) : "[=" + std::string(row.value) + "]";
  out += std::string(row.flag) + joint + value + "\n" + wrapped(row.about, 10);
  out += wrapped("Default: " + std::string(row.initial), 10);
  auto const alias = row.alias.empty() ? std::string() : ", or " + std::string(row.alias);
  return out + wrapped("Environment: " + environment_name(row) + alias, 10);
}

}  // namespace

std::string version_text() {
  return "s3proxy " S3PROXY_VERSION "\n";
}

std::string help_text() {
  std::string out =
      "s3proxy caches an S3 store for DuckDB, Polars and everything else that speaks S3.\n\n"
      "Usage: s3proxy --endpoint URL [flags]\n"
      "       s3proxy validate [flags]            say what is wrong with flags, environment and file, or ok\n"
      "       s3proxy config --effective [flags]  print every value and where it comes from, secrets "
      "masked\n";
  std::string_view topic;
  for (auto const& row : option_table()) {
    if (row.topic != topic) {
      topic = row.topic;
      out += "\n" + std::string(topic) + "\n";
    }
    out += described(row);
  }
  out +=
      "\nOther\n"
      "  -h, --help\n          Print this text.\n"
      "  -V, --version\n          Print the version.\n"
      "\nFlags beat environment variables, which beat the file, which beats defaults. Credentials for\n"
      "the store come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else from the AWS files and\n"
      "AWS_PROFILE, unless the file says otherwise.\n"
      "\nExamples\n"
      "  s3proxy --endpoint https://s3.eu-west-1.amazonaws.com\n"
      "  s3proxy -e http://localhost:9000 -p 3000 --address 127.0.0.1 --memory 512MiB\n"
      "  s3proxy -e https://s3.eu-west-1.amazonaws.com --metadata-ttl 5m --immutable 'lake/archive/**'\n"
      "  s3proxy --config /etc/s3proxy/s3proxy.toml\n"
      "  S3PROXY_ENDPOINT=http://localhost:9000 s3proxy --access-log json --log-level info,upstream=debug\n";
  return out;
}

std::optional<std::string_view> nearest_flag(std::string_view mistyped) {
  std::vector<std::string_view> flags{"--help", "--version"};
  for (auto const& row : option_table()) {
    flags.push_back(row.flag);
  }
  return nearest(mistyped, flags);
}

}  // namespace s3proxy::app
