// A configuration is refused in sentences of one line each, or what we print of it means the same again.

#include "s3proxy/app/effective.hpp"

#include "property.hpp"

#include <array>
#include <string>
#include <variant>

namespace {

using namespace s3proxy;

app::parse_outcome parse(std::string_view text) {
  auto const nothing = [](std::string_view) { return std::optional<std::string>(); };
  // Every secret file is there, so that the fuzzer gets past them.
  auto const read = [text](std::string const& path) {
    auto const content = path == "/f" ? std::string(text) : std::string("a-secret");
    return app::file_reading{app::file_reading::outcome::read, content, {}};
  };
  std::array<char const*, 5> const argv{"s3proxy", "--config", "/f", "--endpoint", "http://store"};
  return app::parse_options(static_cast<int>(argv.size()), argv.data(), nothing, read);
}

bool is_one_line(std::string const& sentence) {
  return sentence.find_first_of("\r\n\x1b") == std::string::npos;
}

/// One secret for two, of which one is masked and the other in a file: what is printed tells them apart.
bool shares_a_key(app::declarations const& declared) {
  for (auto const& one : declared.principals) {
    auto const* const fixed = std::get_if<app::fixed_pair>(&one.source);
    for (auto const& who : declared.identities) {
      if (fixed != nullptr && fixed->pair.key_id == who.keys.key_id) {
        return true;
      }
    }
  }
  return false;
}

void same_again(app::run_request const& first) {
  auto const printed = app::render_effective(first, {{"eu-west-1", "here"}, {1U << 24U, "why"}, 1, "there"});
  auto const outcome = parse(printed);
  auto const* const again = std::get_if<app::run_request>(&outcome);
  fuzz::must(again != nullptr, "what is printed is a configuration");
  fuzz::must(again->chosen.domains == first.chosen.domains && again->chosen.port == first.chosen.port,
             "its settings are the same");
  fuzz::must(again->declared.identities.size() == first.declared.identities.size(), "so are its identities");
  for (std::size_t i = 0; i < first.declared.identities.size(); ++i) {
    fuzz::must(again->declared.identities[i].allow == first.declared.identities[i].allow, "and their rules");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const outcome = parse(fuzz::as_text(data, size));
  if (auto const* const wrong = std::get_if<app::usage_error>(&outcome)) {
    fuzz::must(!wrong->sentences.empty(), "a refusal says why");
    for (auto const& sentence : wrong->sentences) {
      fuzz::must(is_one_line(sentence), "a sentence is one line");
    }
    return 0;
  }
  auto const& request = std::get<app::run_request>(outcome);
  if (!shares_a_key(request.declared)) {
    same_again(request);
  }
  return 0;
}
