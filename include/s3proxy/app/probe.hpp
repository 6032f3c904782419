#pragma once

#include "s3proxy/app/endpoint.hpp"
#include "s3proxy/app/region.hpp"
#include "s3proxy/base/error.hpp"
#include "s3proxy/s3/xml.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace s3proxy::app {

/// No answer came.
struct probe_failure {
  base::errc code = base::errc::internal_error;
  std::string detail;  ///< what the library said, or empty
};

/// The store answered.
struct probe_answer {
  unsigned status = 0;
  std::optional<s3::store_error> error;       ///< its `<Error>` document, if it sent one
  std::string bucket_region;                  ///< its `x-amz-bucket-region`, or empty
  std::optional<std::chrono::seconds> ahead;  ///< its `Date` less our clock
};

using probe_outcome = std::variant<probe_failure, probe_answer>;

/// What was asked, as far as the sentence needs it.
struct probe_question {
  endpoint_url endpoint;
  resolved_region region;
  std::string credentials_where;
  enum class signing { with_credentials, unsigned_request } how = signing::with_credentials;
};

struct probe_report {
  enum class verdict {
    fine,   ///< the store answers and takes our signature
    wrong,  ///< requests will fail until somebody does what the sentence says
  } what = verdict::wrong;
  std::string sentence;  ///< for people: what is the matter and what to do
};

/// Puts the outcome of the start-up check (one GET of the service's root) into a sentence. To be refused the
/// list of buckets is fine: the store knew the key, and s3proxy never needs that list. Pure.
probe_report explain_probe(probe_outcome const& outcome, probe_question const& question);

}  // namespace s3proxy::app
