#include "s3proxy/upstream/connection.hpp"

#include "support/certificate.hpp"
#include "support/lone_worker.hpp"
#include "support/telling_bytes.hpp"

#include <gtest/gtest.h>

#include <array>

// How one connection reads the bodies of a store, byte by byte: plain and over TLS, whatever goes wrong.

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;
using base::errc;

enum class over { plain, tls };

/// What came of one answer.
struct reading {
  unsigned status = 0;
  std::string body{};
  std::optional<errc> fault{};
  bool overran = false;      // bytes were written behind those that were given
  bool early_reuse = false;  // it could be used again before the body's end
  bool reusable = false;
};

/// One connection to a scripted store, on a loop of its own.
class line {
 public:
  explicit line(over how, std::chrono::milliseconds idle = 5s) {
    limits_.idle = idle;
    if (how == over::tls) {
      shelf files;
      files.put("ca.pem", issuer_.pem());
      auto made = upstream::tls_context::make({.host = "localhost", .ca_file = "ca.pem"}, files.reader());
      towards_ = std::get<std::shared_ptr<upstream::tls_context>>(std::move(made));
      origin.emplace(issuer_.server({}));
    } else {
      origin.emplace();
    }
    origin->put_version("/b/k", 1, 20);
  }
  line(line const&) = delete;
  line& operator=(line const&) = delete;
  ~line() { drop(); }

  /// Asks for what `target` names, on a new connection or the one that is there, and reads in pieces.
  reading ask(std::string method, std::string target, std::size_t piece = 64) {
    auto asked = read(std::move(method), std::move(target), piece);
    return boost::asio::co_spawn(loop_.executor(), std::move(asked), boost::asio::use_future).get();
  }
  void drop() {
    auto const end = [this] { connection_.reset(); };
    boost::asio::post(loop_.executor(), boost::asio::use_future(end)).get();
  }

  std::optional<scripted_origin> origin;

 private:
  boost::asio::awaitable<void> connect() {
    connection_.emplace(loop_.executor(), towards_.get(), limits_);
    boost::asio::ip::tcp::endpoint const there(boost::asio::ip::address_v4::loopback(), origin->port());
    auto const addresses = boost::asio::ip::tcp::resolver::results_type::create(there, "localhost", "");
    auto const done = co_await connection_->connect(addresses);
    EXPECT_TRUE(done);
  }

  boost::asio::awaitable<reading> read(std::string method, std::string target, std::size_t piece) {
    if (!connection_) {
      co_await connect();
    }
    auto& store = *connection_;
    auto const question = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    auto const sent = co_await store.write(question, {});
    auto const expected = method == "HEAD" ? upstream::body_expected::no : upstream::body_expected::yes;
    auto const head = co_await store.read_head(expected);
    if (!sent || !head) {
      co_return reading{.fault = head ? errc::origin_reset : base::to_errc(head.error())};
    }
    reading out{.status = head->status};
    constexpr char untouched = '\x7f';
    for (;;) {
      std::string into(piece, untouched);
      auto const got = co_await store.read_body(into);
      if (!got) {
        out.fault = base::to_errc(got.error());
        break;
      }
      out.overran = out.overran || into.find_first_not_of(untouched, *got) != std::string::npos;
      out.body.append(into, 0, *got);
      if (*got == 0) {
        break;
      }
      auto const ended = head->content_length == out.body.size();
      out.early_reuse = out.early_reuse || (store.reusable() && head->content_length && !ended);
    }
    out.reusable = store.reusable();
    if (!out.reusable) {
      connection_.reset();
    }
    co_return out;
  }

  authority issuer_{authority::trust::no};
  std::shared_ptr<upstream::tls_context> towards_;
  upstream::origin_limits limits_;
  lone_loop loop_;
  std::optional<upstream::connection> connection_;
};

class store_body : public testing::TestWithParam<over> {};
INSTANTIATE_TEST_SUITE_P(each, store_body, testing::Values(over::plain, over::tls), [](auto const& how) {
  return std::string(how.param == over::plain ? "plain" : "tls");
});

TEST_P(store_body, of_any_length_in_any_pieces_is_read_whole_over_one_connection) {
  line to(GetParam());
  constexpr std::array<std::size_t, 8> sizes{0, 1, 20, 16'000, 16'384, 40'000, 70'001, 300'000};
  for (auto const size : sizes) {
    to.origin->put_version("/b/" + std::to_string(size), 1, size);
  }
  for (auto const piece : std::initializer_list<std::size_t>{7, 64, 16'384, 1'000'000}) {
    for (auto const size : sizes) {
      auto const got = to.ask("GET", "/b/" + std::to_string(size), piece);
      EXPECT_EQ(got.status, 200U);
      EXPECT_EQ(got.body.size(), size) << "in pieces of " << piece;
      EXPECT_EQ(differs(got.body, 1, 0), std::nullopt) << size;
      EXPECT_TRUE(got.reusable) << size;
      EXPECT_FALSE(got.overran || got.early_reuse) << size << " in pieces of " << piece;
    }
  }
  EXPECT_EQ(to.origin->connections(), 1U);
}

TEST_P(store_body, that_is_none_or_chunked_leaves_the_connection_to_those_that_are_counted) {
  line to(GetParam());
  auto const counted = [&] {
    auto const got = to.ask("GET", "/b/k");
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
    EXPECT_EQ(got.body.size(), 20U);
    EXPECT_TRUE(got.reusable);
  };
  counted();
  for (auto const& [method, status] :
       std::vector<std::pair<std::string, unsigned>>{{"HEAD", 200}, {"GET", 304}, {"GET", 204}}) {
    if (method == "GET") {
      to.origin->next({.what = answer_status, .status = status});
    }
    auto const got = to.ask(method, "/b/k");
    EXPECT_EQ(got.status, status);
    EXPECT_EQ(got.body, "");
    EXPECT_TRUE(got.reusable) << status;
    counted();
  }
  to.origin->put_version("/b/long", 2, 50'000);
  to.origin->next({.what = no_length});
  auto const chunked = to.ask("GET", "/b/long", 5'000);
  EXPECT_EQ(chunked.body.size(), 50'000U);
  EXPECT_EQ(differs(chunked.body, 2, 0), std::nullopt);
  EXPECT_TRUE(chunked.reusable);
  counted();
  EXPECT_EQ(to.origin->connections(), 1U);
}

TEST_P(store_body, that_ends_early_at_any_byte_is_a_fault_and_never_an_end) {
  line to(GetParam());
  for (auto const& what : {cut_body, reset_body}) {
    for (std::size_t at = 0; at < 20; ++at) {
      to.origin->next({.what = what, .bytes = at});
      auto const got = to.ask("GET", "/b/k", 7);
      EXPECT_FALSE(got.reusable) << at;
      if (got.status == 0) {
        EXPECT_EQ(what, reset_body) << "a reset may overtake the head";
        EXPECT_EQ(got.fault, errc::origin_reset);
        continue;
      }
      EXPECT_EQ(got.fault, errc::origin_short_body) << at;
      EXPECT_EQ(differs(got.body, 1, 0), std::nullopt) << at;
      EXPECT_LE(got.body.size(), at);
      EXPECT_TRUE(what == reset_body || got.body.size() == at) << at;
    }
  }
}

TEST_P(store_body, that_stops_at_any_byte_is_a_stall) {
  line to(GetParam(), 20ms);
  for (std::size_t at = 0; at < 20; ++at) {
    to.origin->next({.what = stall_body, .bytes = at});
    auto const got = to.ask("GET", "/b/k", 7);
    EXPECT_EQ(got.fault, errc::origin_stalled) << at;
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt) << at;
    EXPECT_LE(got.body.size(), at);
    EXPECT_FALSE(got.reusable);
  }
}

TEST_P(store_body, in_single_bytes_is_read_whole) {
  line to(GetParam());
  to.origin->next({.what = drip, .bytes = 1});
  auto const got = to.ask("GET", "/b/k");
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_EQ(got.body.size(), 20U);
  EXPECT_TRUE(got.reusable);
}

TEST_P(store_body, that_is_longer_than_it_said_gives_no_byte_more_and_ends_the_connection) {
  line to(GetParam());
  std::size_t made = 0;
  // The last has its end, and what is behind it, in the second of two TLS records. A body of just one record
  // would not do: what comes in a later one may come when nobody looks any more.
  for (auto const size : std::initializer_list<std::size_t>{1, 20, 16'000, 20'000}) {
    to.origin->put_version("/b/k", 1, size);
    for (auto const piece : std::initializer_list<std::size_t>{1, 7, 64, 20'000, 100'000}) {
      to.origin->next({.what = long_body});
      auto const got = to.ask("GET", "/b/k", piece);
      EXPECT_EQ(got.body.size(), size) << piece;
      EXPECT_EQ(differs(got.body, 1, 0), std::nullopt) << piece;
      EXPECT_FALSE(got.overran) << size << " in pieces of " << piece;
      EXPECT_FALSE(got.reusable) << size << " in pieces of " << piece;
      EXPECT_EQ(to.origin->connections(), ++made);
    }
  }
}

}  // namespace
}  // namespace s3proxy::test
