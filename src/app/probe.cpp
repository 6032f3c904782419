#include "s3proxy/app/probe.hpp"

#include "s3proxy/observe/log.hpp"

#include <array>
#include <cstdlib>

namespace s3proxy::app {
namespace {

using base::errc;
using verdict = probe_report::verdict;
using signing = probe_question::signing;

probe_report fine(std::string sentence) {
  return {verdict::fine, std::move(sentence)};
}
probe_report wrong(std::string sentence) {
  return {verdict::wrong, std::move(sentence)};
}

std::string with_detail(probe_failure const& failure) {
  return failure.detail.empty() ? std::string() : " (" + observe::escape_line(failure.detail) + ")";
}

std::string other_scheme(endpoint_url url) {
  url.scheme = url.scheme == url_scheme::http ? url_scheme::https : url_scheme::http;
  return url.url();
}

probe_report explain_failure(probe_failure const& failure, probe_question const& question) {
  auto const& endpoint = question.endpoint;
  auto const url = endpoint.url();
  auto const detail = with_detail(failure);
  // The list is of what a connection and one exchange can meet; the rest of errc cannot happen here.
  if (failure.code == errc::origin_unresolved) {
    return wrong("the name " + endpoint.host + " has no address" + detail +
                 ": check the spelling of --endpoint and the name servers of this machine");
  }
  if (failure.code == errc::origin_refused) {
    return wrong("nothing listens at " + url + detail +
                 ": check that the store runs and that the port is right");
  }
  if (failure.code == errc::origin_connect_timeout) {
    return wrong("no connection to " + url + " in time" + detail +
                 ": a firewall or security group may drop it, or the address is wrong");
  }
  if (failure.code == errc::origin_tls_failed) {
    return wrong(
        "TLS with " + url + " failed" + detail +
        ": the certificate must be valid for that name and signed by an authority this machine trusts; if "
        "the store speaks plain HTTP, use " +
        other_scheme(endpoint));
  }
  if (failure.code == errc::origin_first_byte_timeout || failure.code == errc::origin_stalled) {
    return wrong(url + " took the connection and did not answer in time" + detail +
                 ": the store is overloaded, or that port belongs to another service");
  }
  bool const garbled = failure.code == errc::origin_bad_response || failure.code == errc::origin_reset ||
                       failure.code == errc::origin_short_body;
  if (garbled && endpoint.scheme == url_scheme::http) {
    return wrong(url + " did not answer in HTTP" + detail + ": if that port speaks TLS, use " +
                 other_scheme(endpoint));
  }
  if (garbled) {
    return wrong(url + " closed the connection or answered in something other than HTTP" + detail +
                 ": that port may belong to another service");
  }
  return wrong("the check of " + url + " failed" + detail + ": " +
               std::string(base::describe(failure.code).sentence));
}

/// The region that the store says it wants, when that is another than ours.
std::string wanted_region(probe_answer const& answer, probe_question const& question) {
  auto const& named =
      answer.error && !answer.error->region.empty() ? answer.error->region : answer.bucket_region;
  return named == question.region.name || !parse_region(named) ? std::string() : named;
}

std::string clock_sentence(probe_answer const& answer) {
  auto const remedy = std::string(": set this machine's clock (NTP); signatures are good for 15 minutes");
  if (!answer.ahead || answer.ahead->count() == 0) {
    return "the store says that our clock is wrong" + remedy;
  }
  auto const seconds = std::to_string(std::abs(answer.ahead->count()));
  return "our clock is " + seconds + " s " + (answer.ahead->count() > 0 ? "behind" : "ahead of") +
         " the store's" + remedy;
}

/// An error code of the store, and what it means for the one who started us.
struct meaning {
  std::string_view code;
  std::string_view what;
  std::string_view remedy;
};

constexpr std::array<meaning, 8> meanings{{
    {"InvalidAccessKeyId", "the store does not know the key id",
     "use a key of this store, or check that --endpoint is the store the key belongs to"},
    {"XAdminUserNotFound", "the store does not know the key id",
     "use a key of this store, or check that --endpoint is the store the key belongs to"},
    {"SignatureDoesNotMatch", "the store knows the key id, but the secret is wrong",
     "copy aws_secret_access_key again, whole and without spaces"},
    {"ExpiredToken", "the session token has expired", "fetch new temporary credentials"},
    {"InvalidToken", "the store does not accept the session token",
     "set key id, secret and token that were issued together, or no token with a long-lived key"},
    {"TokenRefreshRequired", "the session token must be refreshed", "fetch new temporary credentials"},
    {"InvalidClientTokenId", "the store does not know the key id or its token", "use a key of this store"},
    {"AccountProblem", "the store refuses the account", "ask its operator"},
}};

std::string code_of(probe_answer const& answer) {
  return answer.error ? answer.error->code : std::string();
}

bool is_about_region(std::string_view code, unsigned status) {
  return code == "AuthorizationHeaderMalformed" || code == "PermanentRedirect" || code == "InvalidRegion" ||
         code == "IllegalLocationConstraintException" || (status == 301 && code.empty());
}

std::optional<probe_report> explain_code(probe_answer const& answer, probe_question const& question) {
  auto const code = code_of(answer);
  auto const region = wanted_region(answer, question);
  if (is_about_region(code, answer.status) && !region.empty()) {
    return wrong("the store wants region " + region + ", and we sign for " + question.region.name + " (" +
                 question.region.from + "): start with --region " + region);
  }
  if (code == "AuthorizationHeaderMalformed") {
    return wrong("the store does not accept signatures for region " + question.region.name + " (" +
                 question.region.from + "): start with the right --region");
  }
  if (code == "RequestTimeTooSkewed") {
    return wrong(clock_sentence(answer));
  }
  for (auto const& row : meanings) {
    if (row.code == code) {
      return wrong(std::string(row.what) + " (" + code + "; credentials: " + question.credentials_where +
                   "): " + std::string(row.remedy));
    }
  }
  return std::nullopt;
}

/// For answers without a code that says more.
probe_report explain_status(probe_answer const& answer, probe_question const& question) {
  auto const url = question.endpoint.url();
  auto const status = std::to_string(answer.status);
  if (answer.status == 503 || answer.status == 429) {
    return wrong(url + " answers that it is busy (" + status +
                 "): the check says nothing more; requests are retried");
  }
  if (answer.status >= 500 && code_of(answer) != "NotImplemented") {
    return wrong(url + " answers with an error of its own (" + status + "): see the store's log");
  }
  if (answer.status == 400 && !answer.error && question.endpoint.scheme == url_scheme::http) {
    return wrong(url + " answers 400 without an S3 error: if that port speaks TLS, use " +
                 other_scheme(question.endpoint));
  }
  if (answer.status == 401 || answer.status == 407) {
    return wrong(url + " answers " + status +
                 ", which no S3 store does: that is another service, or a web proxy");
  }
  if (question.how == signing::unsigned_request && (answer.error || answer.status < 400)) {
    return fine("the store answers; requests go there unsigned, so only public data can be read");
  }
  if (answer.status < 300) {
    return fine("the store answers and accepts the key");
  }
  if (!answer.error) {
    return wrong(url + " answers " + status +
                 " without an S3 error: check that it is the store's S3 address, not its console");
  }
  if (answer.error->code == "AccessDenied") {
    return fine(
        "the store answers and accepts the key (it does not list its buckets to it, which is not needed)");
  }
  return fine("the store answers (" + status + " " + observe::escape_line(answer.error->code) +
              " to a list of its buckets, which is not needed)");
}

}  // namespace

probe_report explain_probe(probe_outcome const& outcome, probe_question const& question) {
  if (auto const* const failure = std::get_if<probe_failure>(&outcome)) {
    return explain_failure(*failure, question);
  }
  auto const& answer = std::get<probe_answer>(outcome);
  auto report = explain_code(answer, question);
  return report ? *std::move(report) : explain_status(answer, question);
}

}  // namespace s3proxy::app
