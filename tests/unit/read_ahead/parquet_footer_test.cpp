#include "s3proxy/read_ahead/parquet_footer.hpp"

#include "support/read_footer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace s3proxy::read_ahead {
namespace {

using namespace base;

std::filesystem::path const footers = S3PROXY_TEST_DATA "/read_ahead/footers";

/// What the file beside a footer says of it: make_footers.py tells the form.
struct expectation {
  base::byte_count size = 0;
  std::string none;
  std::vector<std::uint64_t> paths;
  std::vector<base::byte_span> chunks;
  base::byte_span bloom_filters;
  bool page_indexes = false;
};

expectation read_expectation(std::filesystem::path const& file) {
  expectation out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string word;
    std::size_t group = 0;
    std::size_t column = 0;
    words >> word;
    if (word == "size") {
      words >> out.size;
    } else if (word == "none") {
      words >> out.none;
    } else if (word == "column") {
      out.paths.push_back(path_hash(line.substr(word.size() + 1)));
    } else if (word == "chunk") {
      auto& chunk = out.chunks.emplace_back();
      words >> group >> column >> chunk.begin >> chunk.end;
    } else if (word == "bloom_filters") {
      words >> out.bloom_filters.begin >> out.bloom_filters.end;
    } else {
      out.page_indexes = word == "page_indexes";
    }
  }
  return out;
}

std::vector<std::filesystem::path> real_footers() {
  std::vector<std::filesystem::path> out;
  for (auto const& entry : std::filesystem::directory_iterator(footers)) {
    if (entry.path().extension() == ".footer") {
      out.push_back(entry.path());
    }
  }
  std::ranges::sort(out);
  return out;
}

class real_footer : public testing::TestWithParam<std::filesystem::path> {
 protected:
  real_footer() : expected(read_expectation(std::filesystem::path(GetParam()).replace_extension(".txt"))) {
    std::ifstream in(GetParam(), std::ios::binary);
    given.bytes.assign(std::istreambuf_iterator<char>(in), {});
    given.object_size = expected.size;
  }

  expectation expected;
  tail given;
};

std::string test_name(testing::TestParamInfo<std::filesystem::path> const& info) {
  return info.param.stem().string();
}
INSTANTIATE_TEST_SUITE_P(writers, real_footer, testing::ValuesIn(real_footers()), test_name);

std::map<std::string, no_layout> const reasons = {
    {"encrypted", no_layout::encrypted}, {"elsewhere", no_layout::elsewhere}, {"empty", no_layout::empty}};

TEST_P(real_footer, gives_the_chunks_that_its_writer_knows) {
  auto const got = read_footer(given);
  if (!expected.none.empty()) {
    ASSERT_TRUE(std::holds_alternative<no_layout>(got));
    EXPECT_EQ(std::get<no_layout>(got), reasons.at(expected.none));
    return;
  }
  ASSERT_TRUE(std::holds_alternative<layout>(got));
  auto const& found = std::get<layout>(got);
  EXPECT_EQ(broken_law(found, given.object_size), "");
  EXPECT_EQ(found.paths, expected.paths);
  ASSERT_EQ(found.chunks.size(), expected.chunks.size());
  for (std::size_t i = 0; i < found.chunks.size(); ++i) {
    if (expected.chunks[i].empty()) {
      EXPECT_TRUE(found.chunks[i].empty()) << i;
    } else {
      EXPECT_EQ(found.chunks[i].begin, expected.chunks[i].begin) << i;
      EXPECT_EQ(found.chunks[i].end, expected.chunks[i].end) << i;
    }
  }
  EXPECT_EQ(found.bloom_filters, expected.bloom_filters);
  EXPECT_EQ(!found.column_indexes.empty(), expected.page_indexes);
  EXPECT_EQ(!found.offset_indexes.empty(), expected.page_indexes);
}

TEST_P(real_footer, is_read_the_same_however_it_is_cut) {
  auto const whole = read_footer(given);
  for (auto const step : std::vector<std::size_t>{1, 2, 3, 7, 64, 1000}) {
    EXPECT_TRUE(same(read_footer(given, step), whole)) << step;
  }
  // Byte by byte is every cut already; two pieces, cut here and there, find what only a long piece does.
  auto const stride = given.bytes.size() / 50 + 1;
  for (std::size_t at = 1; at < given.bytes.size(); at += stride) {
    EXPECT_TRUE(same(read_footer(given, given.bytes.size(), at), whole)) << at;
  }
}

TEST_P(real_footer, with_one_byte_spoilt_breaks_no_law) {
  auto const stride = given.bytes.size() / 150 + 1;
  for (std::size_t at = 0; at < given.bytes.size(); at += stride) {
    auto spoilt = given;
    auto const flip = std::array{0x01U, 0x80U, 0xffU}[at % 3];
    spoilt.bytes[at] = static_cast<char>(static_cast<unsigned char>(spoilt.bytes[at]) ^ flip);
    auto const got = read_footer(spoilt);
    if (auto const* found = std::get_if<layout>(&got)) {
      ASSERT_EQ(broken_law(*found, spoilt.object_size), "") << at;
    }
  }
}

TEST(real_footers, of_every_writer_are_there) {
  EXPECT_GE(real_footers().size(), 19U);
}

TEST(column_indexes, are_followed_by_the_offset_indexes_and_the_footer) {
  std::ifstream in(footers / "pyarrow_page_index.footer", std::ios::binary);
  auto const size = read_expectation(footers / "pyarrow_page_index.txt").size;
  auto const got = read_footer({{std::istreambuf_iterator<char>(in), {}}, size});
  auto const& found = std::get<layout>(got);
  EXPECT_EQ(found.column_indexes.begin, found.chunks.back().end);
  EXPECT_EQ(found.column_indexes.end, found.offset_indexes.begin);
  EXPECT_EQ(found.offset_indexes.end, found.footer.begin);
}

using place = std::variant<base::byte_span, no_layout>;

TEST(find_footer, is_told_by_the_last_eight_bytes) {
  std::string_view const length_258("\x02\x01\0\0PAR1", 8);
  EXPECT_EQ(find_footer(length_258, 1000, {}), place(base::byte_span{734, 1000}));
  EXPECT_EQ(find_footer(length_258, 270, {}), place(base::byte_span{4, 270}));
  EXPECT_EQ(find_footer(length_258, 269, {}), place(no_layout::malformed));
  EXPECT_EQ(find_footer(length_258, 1000, {.length = 257}), place(no_layout::too_long));
  EXPECT_EQ(find_footer(length_258, 1000, {.length = 258}), place(base::byte_span{734, 1000}));
}

TEST(find_footer, refuses_what_is_not_one) {
  EXPECT_EQ(find_footer({"\xff\xff\xff\xffPAR1", 8}, 1000, {}), place(no_layout::malformed));
  EXPECT_EQ(find_footer({"\xff\xff\xff\x7fPAR1", 8}, 1_GiB * 4, {}), place(no_layout::too_long));
  EXPECT_EQ(find_footer({"\0\0\0\0PAR1", 8}, 1000, {}), place(no_layout::malformed));
  EXPECT_EQ(find_footer({"\x02\0\0\0PARE", 8}, 1000, {}), place(no_layout::encrypted));
  EXPECT_EQ(find_footer({"\x02\0\0\0PAR2", 8}, 1000, {}), place(no_layout::not_columnar));
  EXPECT_EQ(find_footer("PAR1", 4, {}), place(no_layout::not_columnar));
  EXPECT_EQ(find_footer("", 0, {}), place(no_layout::not_columnar));
}

TEST(parquet_footer_reader, finds_a_footer_outside_of_its_object_malformed) {
  for (auto const span : {base::byte_span{100, 90}, {0, 0}, {100, 108}, {100, 300}, {2, 200}}) {
    parquet_footer_reader reader(span, 200, {});
    EXPECT_EQ(reader.feed("x"), parquet_footer_reader::progress::done);
    EXPECT_EQ(std::get<no_layout>(std::move(reader).result()), no_layout::malformed);
  }
}

}  // namespace
}  // namespace s3proxy::read_ahead
