#include "s3proxy/s3/document_scanner.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::s3 {
namespace {

/// What a scanner reports, one line an element: `path=text`, with `~` behind a text that is not whole.
std::vector<std::string> scan(std::vector<std::string_view> const& pieces) {
  std::vector<std::string> out;
  xml_scanner scanner([&](std::string_view path, std::string_view text, bool truncated) {
    out.push_back(std::string(path) + "=" + std::string(text) + (truncated ? "~" : ""));
  });
  for (auto const piece : pieces) {
    scanner.feed(piece);
  }
  return out;
}

using reports = std::vector<std::string>;

struct document {
  std::string text;
  reports expected;
};

document const documents[] = {
    {"<a>x</a>", {"a=x"}},
    {"<a><b>1</b><b>2</b></a>", {"a/b=1", "a/b=2", "a="}},
    {"<?xml version=\"1.0\"?>\n<a>\n  <b>1</b>\n</a>\n", {"a/b=1", "a=\n"}},
    {"\xEF\xBB\xBF<a>x</a>", {"a=x"}},
    {"<a/>", {"a="}},
    {"<a ><b /><c x='/'/></a >", {"a/b=", "a/c=", "a="}},
    {"<a x=\"1>2\" y='</a>'>t</a>", {"a=t"}},
    {"<a x=\"it's\" y='\"'>t</a>", {"a=t"}},
    {"<a x=1/>", {"a="}},
    {"<a x='1'/ >t</a>", {"a=t"}},
    {"<n:a xmlns:n=\"urn:x\"><n:b>1</n:b></n:a>", {"a/b=1", "a="}},
    {"<a>&amp;&lt;&gt;&quot;&apos;</a>", {"a=&<>\"'"}},
    {"<a>&#34;&#x22;&#x41;&#xfc;&#x65E5;&#x1F986;&#13;</a>",
     {"a=\"\"A\xC3\xBC\xE6\x97\xA5\xF0\x9F\xA6\x86\r"}},
    {"<a>&#x00000041;</a>", {"a=A"}},
    {"<a>&amp;lt;</a>", {"a=&lt;"}},
    {"<a>1 &what; 2</a>", {"a=1 &what; 2~"}},
    {"<a>&#0;</a>", {"a=&#0;~"}},
    {"<a>&#xD800;</a>", {"a=&#xD800;~"}},
    {"<a>&#x110000;</a>", {"a=&#x110000;~"}},
    {"<a>&#99999999999;</a>", {"a=&#99999999999;~"}},
    {"<a>&#x-1;&#;</a>", {"a=&#x-1;&#;~"}},
    {"<a>x & y</a>", {"a=x & y~"}},
    {"<a>&&amp;</a>", {"a=&&~"}},
    {"<a>1<!-- <b>2</b> -- > - -->3</a>", {"a=13"}},
    {"<a><!--->-->x</a>", {"a=x"}},
    {"<a><!---->x<!--- --->y</a>", {"a=xy"}},
    {"<a>1<![CDATA[<b>&amp;]] ]>]]]]>2</a>", {"a=1<b>&amp;]] ]>]]2"}},
    {"<a><![CDATA[]]></a>", {"a="}},
    {"<a>1<?go <b> ?? > ?>2</a>", {"a=12"}},
    {"<!DOCTYPE a [<!ENTITY e \"]>\"> <!ELEMENT a (b)>] ><a>&e;</a>", {"a=&e;~"}},
    {"<!DOCTYPE a><a>x</a>", {"a=x"}},
    {"<!><a>x</a>", {"a=x"}},
    {"<a>1\r\n2\r3\n</a>", {"a=1\n2\n3\n"}},
    {"<a>1\r<!-- -->\n</a>", {"a=1\n\n"}},
    {"<a><![CDATA[1\r\n2\r]]>\n</a>", {"a=1\n2\n\n"}},
    {"<a>1<b/>2</a>", {"a/b=", "a=2~"}},
    {"<a>1<b/></a>", {"a/b=", "a=~"}},
    {"<a> <b/> </a>", {"a/b=", "a= "}},
    {"<a><b>1</a><c>2</c>", {"a=1~", "c=2"}},
    {"<a>1</b>2</a>", {"a=12~"}},
    {"</a><a>x</a>", {"a=x"}},
    {"<a>1 < 2</a>", {"a=1 2~"}},
    {"<a>1<>2</a>", {"a=12~"}},
    {"<a>1</>2</a>", {"a=12~"}},
    {"no document > at & all ]]> -->", {}},
    {"<<a>x</a>", {}},
    {"<a>never closed", {}},
    {"", {}},
};

TEST(xml_scanner, reports_the_text_of_every_element) {
  for (auto const& each : documents) {
    EXPECT_EQ(scan({each.text}), each.expected) << each.text;
  }
}

TEST(xml_scanner, reports_the_same_however_the_document_is_split) {
  for (auto const& each : documents) {
    std::string_view const text = each.text;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      EXPECT_EQ(scan({text.substr(0, cut), text.substr(cut)}), each.expected) << text << " cut at " << cut;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
      bytes.push_back(text.substr(i, 1));
    }
    EXPECT_EQ(scan(bytes), each.expected) << text << " byte by byte";
  }
}

TEST(xml_scanner, cuts_text_off_at_its_bound) {
  std::string const fits(xml_scanner::max_text, 'x');
  EXPECT_EQ(scan({"<a>", fits, "</a>"}), (reports{"a=" + fits}));
  EXPECT_EQ(scan({"<a>", fits, "y</a><a>z</a>"}), (reports{"a=" + fits + "~", "a=z"}));
  EXPECT_EQ(scan({"<a>y", fits, fits, "</a>"}), (reports{"a=y" + fits.substr(1) + "~"}));
}

TEST(xml_scanner, passes_over_elements_that_lie_too_deep) {
  std::string open;
  std::string close;
  std::string path;
  for (std::size_t i = 0; i < xml_scanner::max_depth; ++i) {
    open += "<a>";
    close += "</a>";
    path += path.empty() ? "a" : "/a";
  }
  auto const found = scan({open, "1<b>2<c>3</c></b>", close, "<z>4</z>"});
  ASSERT_EQ(found.size(), xml_scanner::max_depth + 1);
  EXPECT_EQ(found.front(), path + "=~");
  EXPECT_EQ(found.back(), "z=4");
  // What lies too deep is nobody's text.
  EXPECT_EQ(scan({open, "<b>2<c>3</c>4</b>", close}).front(), path + "=");
}

TEST(xml_scanner, survives_depth_names_and_entities_without_end) {
  std::vector<std::string_view> const pieces(100'000, "<a>");
  EXPECT_TRUE(scan(pieces).empty());
  std::string const endless(100'000, 'n');
  EXPECT_EQ(scan({"<", endless, "/>", "<k>x</k>"}).back(), "k=x");
  EXPECT_EQ(scan({"<k>&", endless, "</k>"}).size(), 1U);
}

}  // namespace
}  // namespace s3proxy::s3
