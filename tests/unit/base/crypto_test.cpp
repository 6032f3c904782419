#include "s3proxy/base/crypto.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <utility>

namespace s3proxy::base {
namespace {

using namespace std::string_literals;

// FIPS 180-4's examples.
TEST(sha256, agrees_with_the_published_vectors) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block).
TEST(hmac_sha256, agrees_with_the_published_vectors) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac_sha256, a_digest_is_a_key_like_its_bytes) {
  auto const key = sha256("key");
  EXPECT_EQ(hmac_sha256(key, "text"), hmac_sha256(as_text(key), "text"));
}

TEST(hmac_sha256, one_key_leaves_no_trace_in_the_next) {
  auto const first = hmac_sha256("key one", "text");
  EXPECT_NE(hmac_sha256("key two", "text"), first);
  EXPECT_EQ(hmac_sha256("key one", "text"), first);
}

TEST(sha256, is_the_same_on_every_thread) {
  digest hash{};
  digest mac{};
  std::thread([&hash, &mac] {
    hash = sha256("abc");
    mac = hmac_sha256("k", "abc");
  }).join();
  EXPECT_EQ(hash, sha256("abc"));
  EXPECT_EQ(mac, hmac_sha256("k", "abc"));
}

TEST(sha256_stream, gives_the_hash_of_the_whole_wherever_it_is_cut) {
  std::string text;
  for (int i = 0; i < 150; ++i) {
    text += static_cast<char>(i);
  }
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    sha256_stream stream;
    stream.update(std::string_view(text).substr(0, cut));
    stream.update(std::string_view(text).substr(cut));
    EXPECT_EQ(stream.finish(), sha256(text)) << cut;
  }
}

TEST(sha256_stream, of_nothing_is_the_hash_of_nothing) {
  sha256_stream stream;
  EXPECT_EQ(stream.finish(), sha256(""));
}

TEST(sha256_stream, several_at_once_do_not_mix) {
  sha256_stream first;
  sha256_stream second;
  first.update("a");
  second.update("x");
  EXPECT_EQ(to_hex(sha256("between")), to_hex(sha256("between")));
  first.update("b");
  second.update("y");
  auto moved = std::move(first);
  moved.update("c");
  EXPECT_EQ(moved.finish(), sha256("abc"));
  EXPECT_EQ(second.finish(), sha256("xy"));
}

TEST(equal_constant_time, is_equality) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("xbc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abcd"));
  EXPECT_FALSE(equal_constant_time("a\0b"s, "a\0c"s));
}

TEST(hex, is_lower_case) {
  unsigned char const bytes[] = {0x00, 0x09, 0x0a, 0xf0, 0xff};
  EXPECT_EQ(to_hex(bytes), "00090af0ff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(hex, a_digest_survives_a_round_trip) {
  auto const hash = sha256("abc");
  EXPECT_EQ(digest_from_hex(to_hex(hash)), hash);
}

TEST(hex, a_digest_is_64_lower_case_digits) {
  auto const good = std::string(64, 'a');
  EXPECT_TRUE(digest_from_hex(good));
  EXPECT_FALSE(digest_from_hex(""));
  EXPECT_FALSE(digest_from_hex(good.substr(1)));
  EXPECT_FALSE(digest_from_hex(good + "a"));
  for (auto const c : {'A', 'F', 'g', ' ', '/', ':', '`', '\0', '\xff'}) {
    for (std::size_t const at : {0u, 31u, 63u}) {
      auto bad = good;
      bad[at] = c;
      EXPECT_FALSE(digest_from_hex(bad)) << static_cast<int>(c) << " at " << at;
    }
  }
}

TEST(random_bytes, do_not_repeat) {
  std::set<std::array<unsigned char, 8>> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(random_bytes());
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(hmac_sha256, a_key_used_again_gives_what_it_gave_whatever_came_between) {
  auto const one = sha256("one");
  auto const other = sha256("other");
  auto const of_one = hmac_sha256(as_text(one), "text");  // no key is kept of this form
  auto const of_other = hmac_sha256(as_text(other), "text");
  EXPECT_NE(of_one, of_other);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(hmac_sha256(one, "text"), of_one);
    EXPECT_EQ(hmac_sha256(one, "text"), of_one);
    EXPECT_EQ(hmac_sha256(other, "text"), of_other);
    EXPECT_EQ(hmac_sha256(std::string_view("a third"), "text"),
              hmac_sha256(std::string_view("a third"), "text"));
    EXPECT_EQ(hmac_sha256(other, "text"), of_other);
  }
}

}  // namespace
}  // namespace s3proxy::base
