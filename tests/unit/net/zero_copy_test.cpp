#include "s3proxy/net/zero_copy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace s3proxy::net {
namespace {

using base::byte_count;

bool replace(char* memory, std::size_t size) {
  return ::madvise(memory, size, MADV_DONTNEED) == 0;
}

TEST(test_zero_copy, finds_it_safe_where_pages_are_replaced) {
  EXPECT_EQ(test_zero_copy(replace), std::nullopt);
}

TEST(test_zero_copy, finds_it_unsafe_where_they_are_not) {
  auto const why = test_zero_copy([](char*, std::size_t) { return true; });
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, "this kernel sends bytes that were written later");
}

TEST(test_zero_copy, says_what_was_refused) {
  auto const why = test_zero_copy([](char*, std::size_t) {
    errno = EPERM;
    return false;
  });
  ASSERT_TRUE(why);
  EXPECT_EQ(*why, "madvise: Operation not permitted");
}

/// Two ends of a connection within this machine.
class connected : public testing::Test {
 protected:
  connected() {
    std::signal(SIGPIPE, SIG_IGN);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const where = reinterpret_cast<sockaddr*>(&at);
    auto const door = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::bind(door, where, size), 0);
    EXPECT_EQ(::listen(door, 1), 0);
    EXPECT_EQ(::getsockname(door, where, &size), 0);
    int const little = 16 * 1024;
    reader = ::socket(AF_INET, SOCK_STREAM, 0);
    ::setsockopt(reader, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    EXPECT_EQ(::connect(reader, where, size), 0);
    sender = ::accept4(door, nullptr, nullptr, SOCK_NONBLOCK);
    ::close(door);
  }
  ~connected() override {
    ::close(sender);
    ::close(reader);
  }

  /// Lends until the socket takes no more.
  byte_count fill(zero_copy& shared, lent_account& account) {
    auto const way = pipe::make(shared);
    byte_count total = 0;
    std::string_view piece(bytes);
    for (auto outcome = pipe::outcome::drained; outcome == pipe::outcome::drained;) {
      EXPECT_GT(way->fill({&piece, 1}), 0U);
      std::size_t moved = 0;
      outcome = way->drain_into(sender, moved);
      account.lend(moved);
      total += moved;
    }
    return total;
  }
  /// Reads all of it, and waits until the sender's kernel has heard so.
  void drain(byte_count total) {
    std::vector<char> into(64 * 1024);
    for (byte_count read = 0; read < total;) {
      auto const count = ::recv(reader, into.data(), into.size(), 0);
      ASSERT_GT(count, 0);
      read += static_cast<byte_count>(count);
    }
  }

  int sender = -1;
  int reader = -1;
  std::string const bytes = std::string(std::size_t{64} * 1024, 'x');
  byte_count replaced = 0;
  byte_count told = 0;
  zero_copy_limits limits{.pinned = 256 * 1024, .look_again = 64 * 1024};
  zero_copy::owner owner{[this] { return replaced; }, [this](byte_count now) { told = now; }};
};

TEST_F(connected, a_reader_that_lags_pins_nothing_while_nothing_is_replaced) {
  zero_copy shared(limits, owner);
  auto const account = shared.open(sender);
  fill(shared, *account);
  EXPECT_TRUE(shared.may_lend(account.get()));
  EXPECT_EQ(shared.pinned(), 0U);
  shared.close(account);
}

TEST_F(connected, past_the_limit_a_reader_that_lags_is_lent_nothing_and_others_are) {
  zero_copy shared(limits, owner);
  auto const account = shared.open(sender);
  ASSERT_GT(fill(shared, *account), limits.pinned);
  replaced += limits.pinned;
  EXPECT_TRUE(shared.may_lend(account.get())) << "no more than that";
  EXPECT_EQ(told, limits.pinned);
  replaced += limits.look_again;
  EXPECT_FALSE(shared.may_lend(account.get()));
  EXPECT_TRUE(shared.may_lend(nullptr)) << "one that was lent nothing yet";
  shared.close(account);
  replaced += limits.look_again;
  EXPECT_TRUE(shared.may_lend(nullptr));
  EXPECT_EQ(shared.pinned(), 0U) << "closed";
}

TEST_F(connected, a_reader_that_has_drained_pins_nothing) {
  zero_copy shared(limits, owner);
  auto const account = shared.open(sender);
  auto const total = fill(shared, *account);
  replaced += limits.pinned + limits.look_again;
  EXPECT_FALSE(shared.may_lend(account.get()));
  drain(total);
  // Its acknowledgement may come a moment later than its bytes.
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!shared.may_lend(account.get()) && std::chrono::steady_clock::now() < end) {
    replaced += limits.look_again;
  }
  EXPECT_TRUE(shared.may_lend(account.get()));
  shared.close(account);
}

TEST_F(connected, a_pipe_that_still_holds_bytes_is_never_used_again) {
  zero_copy shared(limits, owner);
  pipe_pool pool(shared);
  auto used = pool.take();
  std::string_view const piece(bytes);
  ASSERT_GT(used->fill({&piece, 1}), 0U);
  EXPECT_EQ(shared.pipes(), 1U);
  pool.give_back(std::move(used));
  EXPECT_EQ(shared.pipes(), 0U);
  pool.give_back(pool.take());
  EXPECT_EQ(shared.pipes(), 1U) << "an empty one is kept";
}

TEST_F(connected, there_are_no_more_pipes_than_the_budget_has) {
  limits.pipes = 2;
  zero_copy shared(limits, owner);
  pipe_pool pool(shared);
  auto first = pool.take();
  auto const second = pool.take();
  EXPECT_TRUE(first && second);
  EXPECT_EQ(pool.take(), nullptr);
  pool.give_back(std::move(first));
  EXPECT_NE(pool.take(), nullptr);
}

TEST_F(connected, a_reset_ends_the_sending) {
  zero_copy shared(limits, owner);
  auto const way = pipe::make(shared);
  std::string_view const piece(bytes);
  ASSERT_GT(way->fill({&piece, 1}), 0U);
  linger const at_once{1, 0};
  ::setsockopt(reader, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(reader);
  std::size_t moved = 0;
  EXPECT_EQ(way->drain_into(sender, moved), pipe::outcome::gone);
  EXPECT_FALSE(way->empty());
}

}  // namespace
}  // namespace s3proxy::net
