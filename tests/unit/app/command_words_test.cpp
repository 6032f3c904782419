#include "s3proxy/app/command_words.hpp"

#include <gtest/gtest.h>

namespace s3proxy::app {
namespace {

using words = std::vector<std::string>;

TEST(command_words, are_split_as_a_shell_splits_them) {
  for (auto const& [command, expected] : std::initializer_list<std::pair<char const*, words>>{
           {"tool", {"tool"}},
           {"  tool \t a  b ", {"tool", "a", "b"}},
           {"'my tool' \"a b\" c\\ d", {"my tool", "a b", "c d"}},
           {"tool a'b'\"c\"d", {"tool", "abcd"}},
           {"tool '' \"\"", {"tool", "", ""}},
           {"tool 'a\\b' \"a\\b\" \"a\\\"b\" a\\\\b", {"tool", "a\\b", "a\\b", "a\"b", "a\\b"}},
           {"tool $HOME `x` *", {"tool", "$HOME", "`x`", "*"}},
       }) {
    auto const found = command_words(command);
    ASSERT_TRUE(found.has_value()) << command;
    EXPECT_EQ(*found, expected) << command;
  }
}

TEST(command_words, are_refused_when_a_quote_is_open_or_nothing_is_named) {
  for (auto const* command : {"", "  ", "tool 'a", "tool \"a", "tool a\\", "'' a"}) {
    EXPECT_FALSE(command_words(command).has_value()) << command;
  }
}

}  // namespace
}  // namespace s3proxy::app
