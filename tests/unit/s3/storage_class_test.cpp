#include "s3proxy/s3/storage_class.hpp"

#include <gtest/gtest.h>

namespace s3proxy::s3 {
namespace {

http::header_list answer(std::string_view name, std::string_view value) {
  http::header_list out;
  out.add("ETag", "\"t\"");
  out.add(name, value);
  return out;
}

TEST(storage_class, only_standard_and_express_are_quick_to_read) {
  for (auto const* quick : {"", "STANDARD", "EXPRESS_ONEZONE"}) {
    EXPECT_TRUE(is_quick_to_read(storage_class_named(quick))) << quick;
  }
  for (auto const* slow :
       {"REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "GLACIER_IR",
        "DEEP_ARCHIVE", "OUTPOSTS", "SNOW", "FSX_OPENZFS", "NEW_NEXT_YEAR", "standard ", "STANDARD\n"}) {
    EXPECT_FALSE(is_quick_to_read(storage_class_named(slow))) << slow;
  }
}

TEST(storage_class, an_answer_that_says_nothing_is_of_a_standard_object) {
  EXPECT_EQ(told_storage_class({}), storage_class::standard);
  EXPECT_EQ(told_storage_class(answer("Content-Type", "x/y")), storage_class::standard);
}

TEST(storage_class, the_fields_of_an_answer_are_read_in_any_case) {
  EXPECT_EQ(told_storage_class(answer("X-Amz-Storage-Class", "EXPRESS_ONEZONE")),
            storage_class::express_onezone);
  EXPECT_EQ(told_storage_class(answer("x-amz-storage-class", "GLACIER")), storage_class::other);
}

TEST(storage_class, an_archived_object_is_never_quick_whatever_its_class) {
  for (auto const* field : {"x-amz-archive-status", "X-Amz-Restore"}) {
    auto fields = answer(field, "ongoing-request=\"false\"");
    EXPECT_EQ(told_storage_class(fields), storage_class::other) << field;
    fields.add("x-amz-storage-class", "STANDARD");
    EXPECT_EQ(told_storage_class(fields), storage_class::other) << field;
  }
}

}  // namespace
}  // namespace s3proxy::s3
