#include "s3proxy/read_ahead/parquet_footer.hpp"

#include "handmade_footer.hpp"
#include "support/read_footer.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace s3proxy::read_ahead {
namespace {

using enum compact_bytes::type;
constexpr auto largest = std::numeric_limits<std::int64_t>::max();
constexpr auto smallest = std::numeric_limits<std::int64_t>::min();

/// What is found, and that it is found alike byte by byte.
reading read_cut(tail const& t, footer_limits const& limits = {}) {
  auto whole = read_footer(t, limits);
  EXPECT_TRUE(same(read_footer(t, 1, 0, limits), whole));
  return whole;
}
no_layout why_not(tail const& t, footer_limits const& limits = {}) {
  auto const got = read_cut(t, limits);
  auto const* why = std::get_if<no_layout>(&got);
  EXPECT_TRUE(why) << "there is a layout";
  return why ? *why : no_layout::not_columnar;
}
layout layout_of(tail const& t, footer_limits const& limits = {}) {
  auto const got = read_cut(t, limits);
  auto const* found = std::get_if<layout>(&got);
  EXPECT_TRUE(found) << "no layout: " << static_cast<int>(std::get<no_layout>(got));
  if (!found) {
    return {};
  }
  EXPECT_EQ(broken_law(*found, t.object_size, limits), "");
  return *found;
}

/// Found out with these bytes of the metadata, though there are fifty more.
bool is_malformed_at_once(compact_bytes const& start) {
  auto const t = tail_of(start.str() + std::string(50, '\0'));
  parquet_footer_reader reader({t.object_size - t.bytes.size(), t.object_size}, t.object_size, {});
  return reader.feed(start.str()) == parquet_footer_reader::progress::done &&
         why_not(t) == no_layout::malformed;
}
using spans = std::vector<base::byte_span>;

TEST(parquet_footer, of_the_least_kind_has_a_layout) {
  auto const got = layout_of(one_column({chunk(4, 10), chunk(20, 5)}));
  EXPECT_EQ(got.columns, 1U);
  EXPECT_EQ(got.row_groups, 2U);
  EXPECT_EQ(got.chunks, (spans{{4, 14}, {20, 25}}));
  EXPECT_EQ(got.paths, std::vector{path_hash("a")});
}

TEST(parquet_footer, hashes_the_dotted_paths_of_leaves_only) {
  auto const t = file_of({group("root", 3), group("p", 2), leaf("x"), group("q", 1), leaf("y"), leaf("z"),
                          compact_bytes().number(1, 1, i32).text(4, "w").number(5, 0, i32).stop()},
                         {row_group({chunk(4, 1), chunk(5, 1), chunk(6, 1), chunk(7, 1)})});
  EXPECT_EQ(layout_of(t).paths,
            (std::vector{path_hash("p.x"), path_hash("p.q.y"), path_hash("z"), path_hash("w")}));
}

TEST(parquet_footer, begins_a_chunk_at_its_dictionary_where_that_is_set_and_before_the_data) {
  auto const with = [](std::int64_t data, std::int64_t dictionary) {
    compact_bytes const meta = compact_bytes().number(7, 50).number(9, data).number(11, dictionary);
    return layout_of(one_column({compact_bytes().inner(3, meta).stop()})).chunks;
  };
  EXPECT_EQ(with(100, 80), (spans{{80, 130}}));
  EXPECT_EQ(with(100, 0), (spans{{100, 150}}));
  EXPECT_EQ(with(100, -1), (spans{{100, 150}}));
  EXPECT_EQ(with(100, 120), (spans{{100, 150}}));
  EXPECT_EQ(with(0, 80), (spans{{80, 130}}));
}

TEST(parquet_footer, passes_over_fields_it_does_not_know) {
  compact_bytes odd;
  odd.field(20, yes).field(21, no).field(22, byte).raw(7).number(23, -5, i16).number(24, largest, i32);
  odd.number(2500, smallest).field(2501, real).raw(1).raw(2).raw(3).raw(4).raw(5).raw(6).raw(7).raw(8);
  odd.text(2502, "text").text(2503, "").elements(2504, 2, list).raw(0x15).zigzag(1).raw(0x05);
  odd.elements(2505, 20, no);
  for (int i = 0; i < 20; ++i) {
    odd.raw(1);
  }
  odd.elements(2506, 3, binary, set).plain_text("a").plain_text("").plain_text("b");
  odd.field(2507, map).varint(0).field(2508, map).varint(2).raw(binary << 4U | structure);
  odd.plain_text("k").stop().plain_text("l").number(1, 3).stop();
  odd.field(2509, map).varint(1).raw(yes << 4U | byte).raw(1).raw(2);
  odd.field(2510, uuid)
      .append(compact_bytes().plain_text("123456789012345"))
      .elements(2511, 0, compact_bytes::type{});
  odd.elements(2512, 1, uuid)
      .append(compact_bytes().plain_text("123456789012345"))
      .inner(2513, compact_bytes().number(1, 1));
  compact_bytes const look_alike = compact_bytes().inner(1, compact_bytes()).elements(4, 1, structure).stop();
  odd.inner(2514, look_alike);

  auto const element = leaf("a").str();
  compact_bytes strange_leaf = compact_bytes().number(1, 1, i32).text(4, "a").append(odd).stop();
  compact_bytes const meta = compact_bytes().number(7, 10).number(9, 4).append(odd);
  compact_bytes const strange_chunk = compact_bytes().inner(3, meta).append(odd).stop();
  compact_bytes groups = compact_bytes().elements(1, 1, structure).append(strange_chunk).append(odd).stop();
  compact_bytes out;
  out.elements(2, 2, structure).append(group("root", 1)).append(strange_leaf);
  out.elements(4, 1, structure).append(groups).append(odd).stop();
  EXPECT_EQ(layout_of(tail_of(out.str())).chunks, (spans{{4, 14}}));
}

TEST(parquet_footer, may_have_its_fields_in_any_order_and_bytes_behind) {
  compact_bytes out;
  out.elements(4, 1, structure).append(row_group({chunk(4, 10)}));
  out.elements(2, 2, structure).append(group("root", 1)).append(leaf("a"));
  out.stop().plain_text("a signature");
  EXPECT_EQ(layout_of(tail_of(out.str())).chunks, (spans{{4, 14}}));
}

TEST(parquet_footer, may_have_its_columns_in_any_order_within_a_row_group) {
  auto const t = one_group({chunk(50, 10), chunk(4, 10), chunk(30, 20), chunk(0, 0), chunk(60, 1)});
  EXPECT_EQ(layout_of(t).chunks, (spans{{50, 60}, {4, 14}, {30, 50}, {60, 60}, {60, 61}}));
  EXPECT_EQ(why_not(t, {.disordered = 4}), no_layout::overlapping);
}

TEST(parquet_footer, with_chunks_over_one_another_has_no_layout) {
  EXPECT_EQ(why_not(one_group({chunk(4, 10), chunk(13, 10)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_group({chunk(4, 10), chunk(4, 10)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_group({chunk(4, 100), chunk(20, 10), chunk(300, 1)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_column({chunk(4, 10), chunk(13, 10)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_column({chunk(50, 10), chunk(4, 10)})), no_layout::overlapping) << "in no order";
}

TEST(parquet_footer, with_chunks_outside_of_the_data_has_no_layout) {
  auto const end = one_column({chunk(4, 10)}).object_size - one_column({chunk(4, 10)}).bytes.size();
  EXPECT_EQ(layout_of(one_column({chunk(4, static_cast<std::int64_t>(end) - 4)})).chunks.front().end, end);
  EXPECT_EQ(why_not(one_column({chunk(4, static_cast<std::int64_t>(end) - 3)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_column({chunk(3, 1)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_column({chunk(0, 1)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_column({chunk(largest, largest)})), no_layout::overlapping);
  EXPECT_EQ(why_not(one_column({chunk(4, largest)})), no_layout::overlapping);
}

TEST(parquet_footer, with_negative_places_is_malformed) {
  EXPECT_EQ(why_not(one_column({chunk(-4, 10)})), no_layout::malformed);
  EXPECT_EQ(why_not(one_column({chunk(4, -1)})), no_layout::malformed);
  EXPECT_EQ(why_not(one_column({chunk(smallest, smallest)})), no_layout::malformed);
}

TEST(parquet_footer, whose_chunks_do_not_say_where_they_are_is_malformed) {
  EXPECT_EQ(why_not(one_column({compact_bytes().number(2, 4).stop()})), no_layout::malformed);
  EXPECT_EQ(why_not(one_column({compact_bytes().inner(3, compact_bytes().number(7, 10)).stop()})),
            no_layout::malformed);
  EXPECT_EQ(why_not(one_column({compact_bytes().inner(3, compact_bytes().number(9, 10)).stop()})),
            no_layout::malformed);
}

TEST(parquet_footer, whose_chunks_are_in_other_files_has_no_layout) {
  compact_bytes const meta = compact_bytes().number(7, 10).number(9, 4);
  EXPECT_EQ(why_not(one_column({compact_bytes().text(1, "part-0.parquet").inner(3, meta).stop()})),
            no_layout::elsewhere);
  EXPECT_EQ(layout_of(one_column({compact_bytes().text(1, "").inner(3, meta).stop()})).chunks.size(), 1U);
}

TEST(parquet_footer, with_an_encrypted_column_has_no_layout) {
  compact_bytes const meta = compact_bytes().number(7, 10).number(9, 4);
  compact_bytes const crypto = compact_bytes().inner(1, compact_bytes());
  EXPECT_EQ(why_not(one_column({compact_bytes().inner(3, meta).inner(8, crypto).stop()})),
            no_layout::encrypted);
  EXPECT_EQ(why_not(one_column({compact_bytes().inner(8, crypto).text(9, "x").stop()})),
            no_layout::encrypted);
}

TEST(parquet_footer, without_rows_or_columns_is_empty) {
  EXPECT_EQ(why_not(file_of({group("root", 1), leaf("a")}, {})), no_layout::empty);
  EXPECT_EQ(why_not(file_of({group("root", 0)}, {})), no_layout::empty);
  EXPECT_EQ(why_not(file_of({group("root", 0)}, {row_group({})})), no_layout::empty);
  EXPECT_EQ(why_not(file_of({group("root", 1), group("a", 0)}, {row_group({})})), no_layout::empty);
}

TEST(parquet_footer, whose_schema_and_row_groups_do_not_match_is_malformed) {
  auto const two = std::vector{group("root", 2), leaf("a"), leaf("b")};
  EXPECT_EQ(why_not(file_of(two, {row_group({chunk(4, 1)})})), no_layout::malformed);
  EXPECT_EQ(why_not(file_of(two, {row_group({chunk(4, 1), chunk(5, 1), chunk(6, 1)})})),
            no_layout::malformed);
  EXPECT_EQ(why_not(file_of(two, {row_group({chunk(4, 1), chunk(5, 1)}), row_group({chunk(6, 1)})})),
            no_layout::malformed);
  EXPECT_EQ(why_not(file_of(two, {compact_bytes().number(2, 1).stop()})), no_layout::malformed);
  compact_bytes late;
  late.elements(4, 1, structure).append(row_group({chunk(4, 1)}));
  late.elements(2, 3, structure).append(schema_of(two)).stop();
  EXPECT_EQ(why_not(tail_of(late.str())), no_layout::malformed);
}

TEST(parquet_footer, whose_schema_is_no_tree_is_malformed) {
  auto const groups = std::vector{row_group({chunk(4, 1)})};
  EXPECT_EQ(why_not(file_of({}, groups)), no_layout::malformed);
  EXPECT_EQ(why_not(file_of({group("root", 2), leaf("a")}, groups)), no_layout::malformed);
  EXPECT_EQ(why_not(file_of({group("root", 1), leaf("a"), leaf("b")}, groups)), no_layout::malformed);
  EXPECT_EQ(why_not(file_of({group("root", -1), leaf("a")}, groups)), no_layout::malformed);
  EXPECT_EQ(why_not(file_of({group("root", largest), leaf("a")}, groups)), no_layout::malformed);
  EXPECT_EQ(why_not(file_of({group("root", 1), compact_bytes().number(1, 1, i32).stop()}, groups)),
            no_layout::malformed);
}

TEST(parquet_footer, without_a_schema_or_row_groups_or_with_two_is_malformed) {
  auto const elements = [](compact_bytes& out) -> compact_bytes& {
    return out.elements(2, 2, structure).append(group("root", 1)).append(leaf("a"));
  };
  auto const groups = [](compact_bytes& out) -> compact_bytes& {
    return out.elements(4, 1, structure).append(row_group({chunk(4, 1)}));
  };
  compact_bytes only_schema, only_groups, two_schemas, two_groups, neither;
  elements(only_schema).stop();
  groups(only_groups).stop();
  groups(elements(elements(two_schemas))).stop();
  groups(groups(elements(two_groups))).stop();
  neither.number(1, 2, i32).stop();
  for (auto const* out : {&only_schema, &only_groups, &two_schemas, &two_groups, &neither}) {
    EXPECT_EQ(why_not(tail_of(out->str())), no_layout::malformed);
  }
}

TEST(parquet_footer, that_is_cut_short_anywhere_is_malformed) {
  auto const whole = one_group({chunk(4, 10), chunk(20, 300)});
  auto const metadata = whole.bytes.substr(0, whole.bytes.size() - 8);
  for (std::size_t size = 1; size < metadata.size(); ++size) {
    EXPECT_EQ(why_not(tail_of(metadata.substr(0, size))), no_layout::malformed) << size;
  }
}

TEST(parquet_footer, that_claims_more_than_its_bytes_can_hold_is_found_out_at_once) {
  compact_bytes twenty;  // row groups would fit, their chunks do not
  twenty.elements(2, 2, structure).append(group("root", 1)).append(leaf("a")).elements(4, 20, structure);
  EXPECT_TRUE(is_malformed_at_once(twenty));
  for (std::uint64_t const claim :
       {std::uint64_t{200}, std::uint64_t{1} << 31, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    compact_bytes schema, groups, columns, text, mapped, numbers;
    schema.elements(2, claim, structure).append(leaf("a"));
    compact_bytes const start =
        compact_bytes().elements(2, 2, structure).append(group("root", 1)).append(leaf("a"));
    groups.append(start).elements(4, claim, structure);
    columns.append(start).elements(4, 1, structure).append(compact_bytes().elements(1, claim, structure));
    text.field(9, binary).varint(claim);
    mapped.field(9, map).varint(claim).raw(binary << 4U | structure);
    numbers.elements(9, claim, real);
    for (auto const* out : {&schema, &groups, &columns, &text, &mapped, &numbers}) {
      EXPECT_TRUE(is_malformed_at_once(*out)) << claim;
    }
  }
}

TEST(parquet_footer, of_more_chunks_than_allowed_has_no_layout) {
  auto const t = one_column({chunk(4, 1), chunk(5, 1), chunk(6, 1)});
  EXPECT_EQ(layout_of(t, {.chunks = 3}).chunks.size(), 3U);
  EXPECT_EQ(why_not(t, {.chunks = 2}), no_layout::too_many_chunks);
  EXPECT_EQ(why_not(one_group({chunk(4, 1), chunk(5, 1), chunk(6, 1)}), {.chunks = 2}),
            no_layout::too_many_chunks);
  compact_bytes late;
  late.elements(4, 1, structure).append(row_group({chunk(4, 1), chunk(5, 1), chunk(6, 1)})).stop();
  EXPECT_EQ(why_not(tail_of(late.str()), {.chunks = 2}), no_layout::too_many_chunks);
}

TEST(parquet_footer, nested_too_deep_has_no_layout) {
  std::string structures, lists, maps;
  for (int i = 0; i < 100'000; ++i) {
    structures += "\x1c";                                                // field 1, a structure
    lists += i == 0 ? std::string("\x19\x19") : "\x19";                  // a list of one list
    maps += i == 0 ? std::string("\x1b") : std::string("\x01\x3b\x01");  // a map of one byte to a map
  }
  for (auto const& bomb : {structures, lists, maps}) {
    EXPECT_EQ(why_not(tail_of(bomb)), no_layout::too_deep);
  }
  EXPECT_EQ(why_not(one_column({chunk(4, 1)}), {.depth = 5}), no_layout::too_deep);
  EXPECT_EQ(layout_of(one_column({chunk(4, 1)}), {.depth = 6}).chunks.size(), 1U);

  std::vector<compact_bytes> elements;
  for (int i = 0; i < 64; ++i) {
    elements.push_back(group("g", 1));
  }
  elements.push_back(leaf("a"));
  EXPECT_EQ(layout_of(file_of(elements, {row_group({chunk(4, 1)})})).columns, 1U);
  elements.insert(elements.begin(), group("g", 1));
  EXPECT_EQ(why_not(file_of(elements, {row_group({chunk(4, 1)})})), no_layout::too_deep);
}

TEST(parquet_footer, with_a_number_of_more_than_64_bits_is_malformed) {
  for (unsigned const tenth : {0x01U, 0x02U, 0x81U}) {
    compact_bytes out;
    out.elements(2, 2, structure).append(group("root", 1)).append(leaf("a"));
    out.elements(4, 1, structure).append(row_group({chunk(4, 1)})).field(9, i64);
    for (int i = 0; i < 9; ++i) {
      out.raw(0xff);
    }
    auto const got = read_cut(tail_of(out.raw(tenth).stop().str()));
    EXPECT_EQ(std::holds_alternative<layout>(got), tenth == 0x01) << tenth;
  }
}

TEST(parquet_footer, in_another_language_is_malformed) {
  std::string const long_number("\x16\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11);
  std::string const endless_number = "\x16" + std::string(30, '\x80');
  std::string const unknown_type("\x1e\x01", 2);
  std::string const unknown_elements("\x19\x1f\x01", 3);
  std::string const no_elements("\x19\x10\x01", 3);
  std::string const unknown_values("\x1b\x01\x8e", 3);
  for (auto const& words : {long_number, endless_number, unknown_type, unknown_elements, no_elements,
                            unknown_values, std::string("{\"json\": 1}"), std::string(1000, '\xff')}) {
    EXPECT_EQ(why_not(tail_of(words + std::string(20, '\0'))), no_layout::malformed) << words;
  }
}

TEST(parquet_footer, whose_known_fields_have_another_type_is_malformed) {
  compact_bytes out;
  out.elements(2, 2, structure).append(group("root", 1)).append(leaf("a")).number(4, 7).stop();
  EXPECT_EQ(why_not(tail_of(out.str())), no_layout::malformed);
  compact_bytes flat;
  flat.elements(2, 2, structure).append(group("root", 1)).append(leaf("a"));
  flat.elements(4, 3, i32).zigzag(1).zigzag(2).zigzag(3).stop();
  EXPECT_EQ(why_not(tail_of(flat.str())), no_layout::malformed);
}

compact_bytes indexed_chunk(std::int64_t begin, std::int64_t index, std::int64_t size) {
  compact_bytes const meta =
      compact_bytes().number(7, 10).number(9, begin).number(14, index).number(15, size);
  return compact_bytes()
      .inner(3, meta)
      .number(4, index + size)
      .number(5, size)
      .number(6, index + 2 * size)
      .number(7, size)
      .stop();
}

TEST(parquet_footer, gives_its_indexes_and_bloom_filters_as_one_span_each) {
  auto const got = layout_of(one_column({indexed_chunk(4, 500, 10), indexed_chunk(14, 600, 20)}));
  EXPECT_EQ(got.bloom_filters, (base::byte_span{500, 620}));
  EXPECT_EQ(got.offset_indexes, (base::byte_span{510, 640}));
  EXPECT_EQ(got.column_indexes, (base::byte_span{520, 660}));
}

TEST(parquet_footer, leaves_out_indexes_that_are_spread_between_the_chunks) {
  auto const got = layout_of(one_column({indexed_chunk(4, 20, 10), indexed_chunk(100, 600, 20)}));
  EXPECT_TRUE(got.bloom_filters.empty() && got.offset_indexes.empty() && got.column_indexes.empty());
}

TEST(parquet_footer, whose_indexes_are_outside_of_the_object_is_malformed) {
  EXPECT_EQ(why_not(one_column({indexed_chunk(4, 20'000, 10)})), no_layout::malformed);
  EXPECT_EQ(why_not(one_column({indexed_chunk(4, -20, 10)})), no_layout::malformed);
  EXPECT_EQ(why_not(one_column({indexed_chunk(4, 20, -1)})), no_layout::malformed);
}

}  // namespace
}  // namespace s3proxy::read_ahead
