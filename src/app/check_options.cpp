#include "s3proxy/app/check_options.hpp"

#include "s3proxy/app/option_table.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace s3proxy::app {
namespace {

using sentences = std::vector<std::string>;

/// Two flags of which each is nothing without the other.
struct flag_pair {
  std::string_view one;
  std::string_view other;
  std::string_view what;
};
constexpr std::array<flag_pair, 2> pairs{{
    {"--tls-cert", "--tls-key", "a certificate serves nobody without its private key"},
    {"--client-cert", "--client-key",
     "a certificate is shown to the store with its private key or not at all"},
}};
constexpr std::array<std::string_view, 2> private_keys{"--tls-key", "--client-key"};

constexpr std::array<std::string_view, 4> of_store_tls{"--ca-file", "--client-cert", "--client-key",
                                                       "--insecure-skip-verify"};
constexpr std::array<std::string_view, 4> of_token_exchange{"--sts-endpoint", "--sts-role-arn",
                                                            "--sts-session-name", "--sts-duration"};

constexpr std::array<std::string_view, 3> of_read_ahead{"--read-ahead-budget", "--small-object", "--fleet"};

bool is_given(run_request const& request, std::string_view flag) {
  return !setting_of(request, flag).values.empty();
}

/// It was given, and its value was refused.
bool is_doubtful(run_request const& request, std::string_view flag) {
  auto const& told = setting_of(request, flag);
  return told.values.empty() && told.from != setting().from;
}

std::string const& where(run_request const& request, std::string_view flag) {
  return setting_of(request, flag).values.front().where;
}

std::optional<std::string> refuse_half(run_request const& request, std::string_view given,
                                       std::string_view missing, std::string_view why) {
  if (!is_given(request, given) || is_given(request, missing) || is_doubtful(request, missing)) {
    return std::nullopt;
  }
  return where(request, given) + ": " + std::string(why) + "; give " + std::string(missing) + " FILE too";
}

void refuse_open_doors(run_request const& request, sentences& out) {
  auto const& chosen = request.chosen;
  if (is_doubtful(request, "--address") || is_loopback(chosen.address)) {
    return;
  }
  if (chosen.allow_anonymous == anonymous_access::loopback) {
    out.push_back("--allow-anonymous signs for every client with your credentials, and address `" +
                  chosen.address +
                  "` can be reached from other machines; add --address 127.0.0.1, or write "
                  "--allow-anonymous=network if you trust everybody on that network");
  }
  bool const in_the_clear = chosen.tls_cert.empty() && !is_doubtful(request, "--tls-cert");
  if (chosen.token_exchange == token_exchange::loopback && in_the_clear) {
    out.push_back(
        "--token-exchange takes bearer tokens, and plain HTTP on address `" + chosen.address +
        "` shows them to whoever is on the way; give --tls-cert and --tls-key, add --address 127.0.0.1, or "
        "write --token-exchange=network if you trust everybody on that network");
  }
}

template <std::size_t N>
void warn_useless(run_request const& request, std::array<std::string_view, N> const& flags,
                  std::string_view because, sentences& out) {
  for (auto const flag : flags) {
    if (is_given(request, flag)) {
      out.push_back(where(request, flag) + ": has no effect, since " + std::string(because));
    }
  }
}

}  // namespace

setting const& setting_of(run_request const& request, std::string_view flag) {
  auto const table = option_table();
  auto const row = std::ranges::find(table, flag, &option_row::flag);
  return request.settings.at(static_cast<std::size_t>(row - table.begin()));
}

std::vector<std::string> refuse_whole(run_request const& request) {
  sentences out;
  if (!is_given(request, "--endpoint") && !is_doubtful(request, "--endpoint") &&
      !is_doubtful(request, config_flag)) {
    out.emplace_back(
        "no store to stand in front of: give --endpoint URL or set S3PROXY_ENDPOINT, as in "
        "s3proxy --endpoint https://s3.eu-west-1.amazonaws.com");
  }
  for (auto const& pair : pairs) {
    for (auto const& half : {refuse_half(request, pair.one, pair.other, pair.what),
                             refuse_half(request, pair.other, pair.one, pair.what)}) {
      if (half) {
        out.push_back(*half);
      }
    }
  }
  refuse_open_doors(request, out);
  return out;
}

std::vector<std::string> warn_about(run_request const& request) {
  sentences out;
  auto const& chosen = request.chosen;
  bool const is_plain = chosen.endpoint.scheme == url_scheme::http;
  if (is_plain && (!chosen.sts_endpoint || chosen.sts_endpoint->scheme == url_scheme::http)) {
    warn_useless(request, of_store_tls, "the endpoint is http://", out);
  } else if (chosen.store_certificate == certificate_check::skipped) {
    out.push_back(where(request, "--insecure-skip-verify") +
                  ": the store's certificate is not checked: whoever is on the way can read and change "
                  "everything; --ca-file trusts a private authority without this");
  }
  if (chosen.token_exchange == token_exchange::no) {
    warn_useless(request, of_token_exchange, "--token-exchange is not given", out);
  }
  if (chosen.read_ahead.mode == read_ahead::mode::off) {
    warn_useless(request, of_read_ahead, "--read-ahead is off", out);
  }
  if (chosen.admin_address && !is_loopback(chosen.admin_address->address)) {
    out.push_back(where(request, "--admin-address") + ": address `" + chosen.admin_address->address +
                  "` can be reached from other machines, and whoever reaches it is shown, without a key, how "
                  "much is read and under which names");
  }
  return out;
}

std::vector<std::string> refuse_named_files(run_request const& request, file_reader const& read) {
  sentences out;
  for (auto const& told : request.settings) {
    if (told.row->value != path_value || told.row->flag == config_flag) {
      continue;
    }
    for (auto const& value : told.values) {
      auto const content = read(value.text);
      if (content.what != file_reading::outcome::read) {
        auto const why =
            content.what == file_reading::outcome::absent ? "there is no such file" : content.text;
        out.push_back(value.where + ": cannot read " + in_backticks(value.text) + ": " + why);
      }
    }
  }
  return out;
}

std::vector<std::string> warn_about_keys(run_request const& request, file_reader const& read) {
  sentences out;
  for (auto const flag : private_keys) {
    for (auto const& value : setting_of(request, flag).values) {
      if (read(value.text).readers == readable_by::everybody) {
        out.push_back("everybody on this machine can read the private key in " + value.text +
                      "; chmod o-r takes that right away");
      }
    }
  }
  return out;
}

}  // namespace s3proxy::app
