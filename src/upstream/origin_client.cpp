#include "s3proxy/upstream/origin_client.hpp"

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/s3/bucket_region.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>
#include <utility>

namespace s3proxy::upstream {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::errc;
using base::result;

/// The bucket of a path-style path, as its bytes stand there; empty for the service.
std::string_view bucket_of(std::string_view path) {
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  return path.substr(0, path.find('/'));
}

constexpr std::string_view demand_agent = "s3proxy/" S3PROXY_VERSION;
/// So that who runs a store can tell what nobody has asked for yet.
constexpr std::string_view speculation_agent = "s3proxy/" S3PROXY_VERSION " (read-ahead)";

bool is_unreachable(errc why) {
  return why == errc::origin_unresolved || why == errc::origin_refused ||
         why == errc::origin_connect_timeout || why == errc::origin_tls_failed;
}

/// Ends an exchange whose errand is withdrawn while its answer is waited for. Lives in the frame that waits.
class ends_when_withdrawn {
 public:
  ends_when_withdrawn(asio::any_io_executor const& executor, errand& who, origin_exchange& waiting)
      : who_(who), waiting_(std::make_shared<origin_exchange*>(&waiting)) {
    who_.on_change([executor, still = waiting_, &who] {
      asio::post(executor, [still, &who] {
        if (*still && who.withdrawn()) {
          (*still)->cancel();
        }
      });
    });
  }
  ends_when_withdrawn(ends_when_withdrawn const&) = delete;
  ends_when_withdrawn& operator=(ends_when_withdrawn const&) = delete;
  ~ends_when_withdrawn() {
    *waiting_ = nullptr;
    who_.on_change(nullptr);
  }

 private:
  errand& who_;
  std::shared_ptr<origin_exchange*> waiting_;
};

}  // namespace

awaitable<result<void>> origin_exchange::write_body(std::string_view framing, std::string_view bytes) {
  return lease_->write(framing, bytes);
}

awaitable<result<response_head>> origin_exchange::read_head(body_expected body) {
  return lease_->read_head(body);
}

awaitable<result<std::size_t>> origin_exchange::read_body(std::span<char> into) {
  if (given_ == peeked_.size()) {
    co_return co_await lease_->read_body(into);
  }
  auto const count = peeked_.copy(into.data(), into.size(), given_);
  given_ += count;
  co_return count;
}

awaitable<result<std::string_view>> origin_exchange::peek_body(std::size_t most) {
  while (peeked_.size() < most) {
    auto const before = peeked_.size();
    peeked_.resize(most);
    auto got = co_await lease_->read_body({peeked_.data() + before, most - before});
    peeked_.resize(before + (got ? *got : 0));
    if (!got) {
      co_return got.error();
    }
    if (*got == 0) {
      break;
    }
  }
  co_return std::string_view(peeked_);
}

origin_client::origin_client(asio::any_io_executor executor, origin_settings const& settings,
                             observe::clock const& clock, std::size_t connections)
    : executor_(executor),
      settings_(settings),
      clock_(clock),
      aws_(s3::aws_endpoint::read(settings.endpoint.host)),
      pool_(std::make_shared<connection_pool>(executor, settings.endpoint, settings.tls.get(), connections,
                                              settings.limits, settings.known_addresses)),
      budget_(settings.limits) {
  auto const seed = base::random_bytes();
  std::memcpy(&random_state_, seed.data(), sizeof random_state_);
}

std::string origin_client::sign(origin_request const& request, destination const& to,
                                http::header_list& headers) {
  if (!request.signer) {
    return request.query;
  }
  auto const now = clock_.wall_now();
  switch (request.form) {
    case signature_form::header:
      s3::sign(request.method, request.path, request.query, headers, *request.signer, to.region,
               request.payload_hash, now, keys_);
      return request.query;
    case signature_form::query:
      // As long as a store believes a header signature: clocks may differ as much.
      return s3::presign(
          {request.method, request.path, request.query, request.payload_hash, s3::allowed_skew}, headers,
          *request.signer, to.region, now, keys_);
  }
  return {};
}

std::string origin_client::signed_head(origin_request const& request, destination const& to, urgency how) {
  auto headers = request.headers;
  // Not signed: what lies between us and the store may add to it.
  headers.set("User-Agent", how == urgency::demand ? demand_agent : speculation_agent);
  auto const there = endpoint{settings_.endpoint.scheme, to.host, settings_.endpoint.port};
  headers.set("Host", there.host_field());
  auto const query = sign(request, to, headers);
  std::string head;
  head.reserve(1024);
  head.append(request.method).append(" ").append(request.path);
  if (!query.empty()) {
    head.append("?").append(query);
  }
  head.append(" HTTP/1.1\r\n");
  for (auto const& field : headers) {
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (request.content_length) {
    head.append("Content-Length: ").append(std::to_string(*request.content_length)).append("\r\n");
  }
  head.append("\r\n");
  return head;
}

awaitable<result<origin_answer>> origin_client::read_once(origin_request& request, destination const& to,
                                                          connection_choice choice, errand_ptr const& who,
                                                          connection_age& age) {
  age = connection_age::fresh;
  auto borrowed = co_await pool_->borrow(choice, to.host, who);
  if (!borrowed) {
    co_return borrowed.error();
  }
  age = (*borrowed)->used_before ? connection_age::reused : connection_age::fresh;
  auto asked = std::make_unique<origin_exchange>(std::move(*borrowed), to);
  ends_when_withdrawn const watched(executor_, *who, *asked);
  if (who->withdrawn()) {
    co_return errc::client_gone;
  }
  who->set_under_way();
  if (auto const going_out = std::exchange(request.going_out, nullptr)) {
    going_out(request);
  }
  auto const head = signed_head(request, to, who->how_urgent());
  auto const began = clock_.now();
  auto sent = co_await asked->write_body(head, {});
  if (!sent) {
    co_return sent.error();
  }
  auto const expected = request.method == "HEAD" ? body_expected::no : body_expected::yes;
  auto answered = co_await asked->read_head(expected);
  if (!answered) {
    co_return answered.error();
  }
  co_return origin_answer{std::move(*answered), std::move(asked), began};
}

awaitable<result<origin_answer>> origin_client::read(origin_request request, errand_ptr who,
                                                     call_count& count) {
  auto const to = where_is(request.path);
  auto answer = co_await read_at(request, to, who, count);
  auto const there = co_await told_elsewhere(request, answer);
  if (!there) {
    learn_from(answer, request.path, to);
    co_return answer;
  }
  answer = errc::origin_reset;  // lets the connection go
  answer = co_await read_at(request, *there, who, count);
  learn_from(answer, request.path, *there);
  co_return answer;
}

destination origin_client::where_is(std::string_view path) const {
  auto out = home();
  if (auto region = aws_ ? settings_.regions->find(bucket_of(path)) : std::nullopt) {
    if (*region != aws_->region()) {
      out.host = aws_->host_in(*region).value_or(out.host);
    }
    out.region = *std::move(region);
  }
  return out;
}

bool origin_client::learn_region(std::string_view path, std::string_view region) {
  if (!aws_ || bucket_of(path).empty() || !aws_->host_in(region)) {
    return false;
  }
  settings_.regions->remember(bucket_of(path), region, settings_.limits.known_buckets);
  return true;
}

// A region that carries out a request for a bucket is the bucket's: it redirects all others. One that cannot
// be reached may not exist: the endpoint is asked again.
void origin_client::learn_from(result<origin_answer> const& answer, std::string_view path,
                               destination const& from) {
  auto const bucket = bucket_of(path);
  if (!aws_ || bucket.empty()) {
    return;
  }
  if (!answer && from != home() && is_unreachable(base::to_errc(answer.error()))) {
    settings_.regions->forget(bucket);
  }
  if (answer && answer->head.status / 100 == 2 && !settings_.regions->find(bucket)) {
    settings_.regions->remember(bucket, from.region, settings_.limits.known_buckets);
  }
}

awaitable<std::optional<destination>> origin_client::told_elsewhere(origin_request const& request,
                                                                    result<origin_answer> const& answer) {
  if (!aws_ || !answer || !s3::may_tell_region(answer->head.status)) {
    co_return std::nullopt;
  }
  // Read to its end, its connection can be used again; a fault in it is told to whoever reads on.
  auto const body = co_await answer->body->peek_body(settings_.limits.redirect_bytes);
  auto const region = s3::told_region(answer->head.status, answer->head.headers, body ? *body : "");
  auto const& asked = answer->body->asked();
  auto const another_reason = answer->head.status == 400 && region == asked.region;
  if (region.empty() || another_reason || !learn_region(request.path, region)) {
    co_return std::nullopt;
  }
  auto const there = where_is(request.path);
  if (there == asked) {
    co_return std::nullopt;
  }
  observe::info(observe::room::upstream,
                "bucket " + std::string(bucket_of(request.path)) + " lives in " + region + ": asking there");
  co_return there;
}

// HEAD of a bucket says where it lives even in its refusals (200, 301, 400, 403).
awaitable<result<void>> origin_client::look_for_bucket(origin_request const& request, errand_ptr const& who,
                                                       call_count& count) {
  auto const bucket = bucket_of(request.path);
  if (!aws_ || bucket.empty() || settings_.regions->find(bucket)) {
    co_return result<void>{};
  }
  origin_request question;
  question.method = "HEAD";
  question.path = "/" + std::string(bucket);
  question.signer = request.signer;
  auto const to = home();
  auto answer = co_await read_at(question, to, who, count);
  if (!answer) {
    co_return answer.error();
  }
  learn_region(request.path, answer->head.headers.find("x-amz-bucket-region").value_or(""));
  co_await answer->body->peek_body(1);  // the end of a HEAD's answer: its connection can be used again
  co_return result<void>{};
}

awaitable<result<origin_answer>> origin_client::read_at(origin_request& request, destination const& to,
                                                        errand_ptr const& who, call_count& count) {
  auto choice = connection_choice::any;
  for (unsigned made = 1;; ++made) {
    auto age = connection_age::fresh;
    ++count.calls;
    auto answer = co_await read_once(request, to, choice, who, age);
    if (!answer && who->withdrawn()) {
      co_return errc::client_gone;
    }
    auto const passing = answer && is_passing_fault(answer->head.status);
    if (answer && !passing) {
      budget_.earn();
      co_return answer;
    }
    if (who->how_urgent() == urgency::speculation) {
      co_return answer;  // a store in trouble is not asked twice for what nobody waits for
    }
    auto const why = answer ? errc::origin_reset : base::to_errc(answer.error());
    // A status is an answer over a live connection: it costs a wait even when the connection was reused.
    auto const wait = next_attempt(made, why, repeatable::read, passing ? connection_age::fresh : age,
                                   jitter(), settings_.limits);
    if (!wait || !budget_.spend()) {
      co_return answer;
    }
    observe::debug(observe::room::upstream, request.method + " " + request.path + " is asked again: " +
                                                (passing ? "status " + std::to_string(answer->head.status)
                                                         : std::string(base::describe(why).sentence)));
    choice = age == connection_age::reused ? connection_choice::fresh : connection_choice::any;
    answer = errc::origin_reset;  // lets the connection go before the wait
    co_await pause(*wait);
  }
}

awaitable<result<std::unique_ptr<origin_exchange>>> origin_client::open(origin_request request,
                                                                        errand_ptr who, call_count& count) {
  auto looked = co_await look_for_bucket(request, who, count);
  if (!looked) {
    co_return looked.error();
  }
  auto const to = where_is(request.path);
  for (unsigned made = 1;; ++made) {
    ++count.calls;
    auto why = errc::origin_reset;
    auto kind = repeatable::unwritten;
    auto borrowed = co_await pool_->borrow(connection_choice::any, to.host, who);
    if (borrowed) {
      auto& line = **borrowed;
      auto const head = signed_head(request, to, who->how_urgent());
      auto sent = co_await line.write(head, {});
      if (sent) {
        co_return std::make_unique<origin_exchange>(std::move(*borrowed), to);
      }
      kind = line.written() ? repeatable::no : repeatable::unwritten;
      why = line.written() ? errc::outcome_unknown : errc::origin_refused;
    } else {
      why = base::to_errc(borrowed.error());
    }
    auto const wait = next_attempt(made, why, kind, connection_age::fresh, jitter(), settings_.limits);
    if (!wait || !budget_.spend()) {
      co_return why;
    }
    co_await pause(*wait);
  }
}

awaitable<void> origin_client::pause(std::chrono::milliseconds length) {
  if (length.count() == 0) {
    co_return;
  }
  asio::steady_timer timer(executor_, length);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

double origin_client::jitter() {
  random_state_ = random_state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(random_state_ >> 11) / static_cast<double>(1ULL << 53);
}

}  // namespace s3proxy::upstream
