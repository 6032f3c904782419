#include "../../../src/read_ahead/files.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace s3proxy::read_ahead {
namespace {

using names = std::vector<std::string>;

base::object_key key(std::string name) {
  return base::object_key{std::move(name)};
}

void list(file_list& files, names const& all) {
  for (auto const& one : all) {
    files.list({key(one), 100});
  }
}

/// From one on.
names order(file_list const& files, std::string const& from) {
  names out;
  for (auto const* at = files.find(key(from)); at; at = files.after(*at)) {
    out.push_back(at->content.key.str());
  }
  return out;
}

std::shared_ptr<file_shape const> some_shape() {
  layout made;
  made.columns = 1;
  made.row_groups = 1;
  made.chunks = {{4, 50}};
  made.paths = {path_hash("a")};
  made.footer = {60, 100};
  return std::make_shared<file_shape const>(std::move(made));
}

TEST(file_list, is_in_the_order_of_the_listing_page_after_page) {
  file_list files(100);
  list(files, {"b", "a"});
  list(files, {"d", "c"});
  EXPECT_EQ(order(files, "b"), (names{"b", "a", "d", "c"}));
}

TEST(file_list, the_newest_listing_tells_the_order) {
  file_list files(100);
  list(files, {"a", "b", "c"});
  list(files, {"c", "b", "a"});
  EXPECT_EQ(order(files, "c"), (names{"c", "b", "a"}));
  for (int again = 0; again < 20; ++again) {
    list(files, {"a", "b", "c"});
  }
  EXPECT_EQ(order(files, "a"), (names{"a", "b", "c"}));
  EXPECT_EQ(files.count(), 3u);
}

TEST(file_list, what_no_listing_named_has_no_place) {
  file_list files(100);
  auto const* met = files.meet({key("x"), 1, 10});
  ASSERT_TRUE(met);
  EXPECT_EQ(files.after(*met), nullptr);
  list(files, {"a", "b"});
  EXPECT_EQ(order(files, "a"), (names{"a", "b"}));
}

TEST(file_list, passes_over_what_is_not_quick_to_read) {
  file_list files(100);
  list(files, {"a"});
  files.list({key("archived"), 100, listed_file::storage::slow_or_billed});
  list(files, {"b"});
  EXPECT_EQ(order(files, "a"), (names{"a", "b"}));
}

TEST(file_list, another_version_or_size_voids_what_was_learnt) {
  struct change {
    object_version version;
    base::byte_count size;
    bool voids;
  };
  for (auto const& to : {change{2, 100, true}, {1, 90, true}, {1, 100, false}, {0, 100, false}}) {
    file_list files(100);
    auto& one = *files.meet({key("a"), 1, 100});
    files.give_shape(one, some_shape());
    one.end_asked = true;
    files.meet({key("a"), to.version, to.size});
    EXPECT_EQ(one.shape == nullptr, to.voids) << to.version << ' ' << to.size;
    EXPECT_EQ(one.end_asked, !to.voids);
    EXPECT_EQ(one.content.size, to.size);
    EXPECT_EQ(one.content.version, to.version == 0 ? 1 : to.version);
  }
}

TEST(file_list, a_listing_that_tells_another_size_voids_what_was_learnt_and_keeps_a_place) {
  file_list files(100);
  list(files, {"a", "b"});
  files.give_shape(*files.meet({key("a"), 1, 100}), some_shape());
  files.list({key("a"), 101});
  list(files, {"b"});
  EXPECT_FALSE(files.find(key("a"))->shape);
  EXPECT_EQ(order(files, "a"), (names{"a", "b"}));
}

TEST(file_list, what_is_beyond_its_limit_is_not_remembered) {
  file_list files(2);
  list(files, {"a", "b", "c"});
  EXPECT_EQ(files.count(), 2u);
  EXPECT_EQ(files.find(key("c")), nullptr);
  EXPECT_EQ(files.meet({key("d"), 1, 10}), nullptr);
  EXPECT_NE(files.meet({key("a"), 1, 100}), nullptr);
}

TEST(file_list, footprint_counts_files_and_shapes) {
  file_list files(100);
  auto const empty = files.footprint();
  list(files, {"a"});
  auto const with_file = files.footprint();
  EXPECT_GT(with_file, empty);
  files.give_shape(*files.find(key("a")), some_shape());
  EXPECT_GT(files.footprint(), with_file);
  files.meet({key("a"), 0, 7});
  EXPECT_EQ(files.footprint(), with_file);
}

}  // namespace
}  // namespace s3proxy::read_ahead
