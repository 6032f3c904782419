#include "s3proxy/s3/error_document.hpp"

#include "s3proxy/s3/xml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

using namespace std::string_literals;

TEST(error_document, is_rendered_in_the_order_of_s3) {
  error_document const document{.code = "InvalidRange",
                                .message = "The requested range is not satisfiable",
                                .resource = "/bucket/k",
                                .request_id = "0123456789abcdef",
                                .details = {{"RangeRequested", "bytes=9-"}, {"ActualObjectSize", "3"}}};
  EXPECT_EQ(render(document),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<Error><Code>InvalidRange</Code><Message>The requested range is not satisfiable</Message>"
            "<RangeRequested>bytes=9-</RangeRequested><ActualObjectSize>3</ActualObjectSize>"
            "<Resource>/bucket/k</Resource><RequestId>0123456789abcdef</RequestId></Error>");
}

TEST(error_document, escapes_what_a_client_wrote) {
  error_document const document{.code = "NoSuchKey",
                                .message = "<&>",
                                .resource = "/b/</Resource><Code>Other</Code>\"'&",
                                .request_id = "1",
                                .details = {{"Key", "a<b"}}};
  auto const text = render(document);
  EXPECT_NE(text.find("<Key>a&lt;b</Key>"), text.npos);
  EXPECT_EQ(text.find("<Code>Other"), text.npos);
  auto const read = parse_error_document(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, "NoSuchKey");
  EXPECT_EQ(read->message, "<&>");
}

TEST(xml_escape, gives_text_that_xml_can_carry) {
  std::pair<std::string, std::string> const table[] = {
      {"", ""},
      {"plain", "plain"},
      {"&<>\"'", "&amp;&lt;&gt;&quot;&apos;"},
      {"\t\n", "\t\n"},
      {"\r", "&#13;"},
      {"\0\x01\x1F"s, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\x7F", "\x7F"},
      {"\xC3\xBC\xE6\x97\xA5\xF0\x9F\xA6\x86", "\xC3\xBC\xE6\x97\xA5\xF0\x9F\xA6\x86"},
      {"\x80z", "\xEF\xBF\xBDz"},
      {"\xC3", "\xEF\xBF\xBD"},
      {"\xC3<", "\xEF\xBF\xBD&lt;"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80z", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"},
      {"\xEF\xBF\xBE", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF0\x9F\xA6", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xFF\xC3\xBC", "\xEF\xBF\xBD\xC3\xBC"},
  };
  for (auto const& [raw, escaped] : table) {
    EXPECT_EQ(xml_escape(raw), escaped) << raw;
  }
}

}  // namespace
}  // namespace s3proxy::s3
