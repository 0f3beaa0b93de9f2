// Lines and characters of the protocol, and offsets in bytes.

#include <boost/test/unit_test.hpp>

#include "lsp/places.hpp"
#include "lsp/uri.hpp"

using omc::lsp::Encoding;
using omc::lsp::Place;
using omc::lsp::PlaceMap;

static std::string shown(Place p) { return std::to_string(p.line) + ":" + std::to_string(p.character); }

BOOST_AUTO_TEST_CASE(characters_are_utf16_units_or_bytes) {
  const std::string_view text = "aä€😀b\n😀";  // 1, 2, 3, 4, 1 bytes
  const PlaceMap map(text);
  struct Row {
    uint32_t offset;
    Place utf16, utf8;
  };
  const Row rows[] = {{0, {0, 0}, {0, 0}}, {1, {0, 1}, {0, 1}},   {3, {0, 2}, {0, 3}},   {6, {0, 3}, {0, 6}},
                      {10, {0, 5}, {0, 10}}, {11, {0, 6}, {0, 11}}, {12, {1, 0}, {1, 0}}, {16, {1, 2}, {1, 4}}};
  for (const Row& row : rows) {
    BOOST_TEST(shown(map.place(row.offset, Encoding::Utf16)) == shown(row.utf16));
    BOOST_TEST(shown(map.place(row.offset, Encoding::Utf8)) == shown(row.utf8));
    BOOST_TEST(map.offset(row.utf16, Encoding::Utf16) == row.offset);
    BOOST_TEST(map.offset(row.utf8, Encoding::Utf8) == row.offset);
  }
}

BOOST_AUTO_TEST_CASE(a_place_inside_a_character_is_its_beginning) {
  const PlaceMap map("x😀y");
  BOOST_TEST(map.offset({0, 2}, Encoding::Utf16) == 1u);  // between the surrogates
  BOOST_TEST(map.offset({0, 3}, Encoding::Utf16) == 5u);
  for (const uint32_t inside : {2u, 3u, 4u}) BOOST_TEST(map.offset({0, inside}, Encoding::Utf8) == 1u);
}

BOOST_AUTO_TEST_CASE(places_behind_the_end_are_the_end) {
  const PlaceMap map("ab\r\ncd");
  BOOST_TEST(map.offset({0, 99}, Encoding::Utf16) == 2u);
  BOOST_TEST(map.offset({1, UINT32_MAX}, Encoding::Utf16) == 6u);
  BOOST_TEST(map.offset({UINT32_MAX, 0}, Encoding::Utf16) == 6u);
  BOOST_TEST(shown(map.place(99, Encoding::Utf16)) == "1:2");
  BOOST_TEST(shown(map.place(3, Encoding::Utf16)) == "0:2");  // inside CRLF
  BOOST_TEST(PlaceMap("").offset({0, 5}, Encoding::Utf8) == 0u);
}

BOOST_AUTO_TEST_CASE(lines_end_with_lf_crlf_or_cr) {
  const PlaceMap map("a\nb\r\nc\rd");
  BOOST_TEST(map.line_count() == 4u);
  BOOST_TEST(shown(map.place(7, Encoding::Utf16)) == "3:0");
  BOOST_TEST(PlaceMap("a\n").line_count() == 2u);
}

BOOST_AUTO_TEST_CASE(every_offset_of_a_character_comes_back) {
  const std::string_view text = "# ∮ é\r\nh 名 = \"🦀\";\n\n\xEF\xBF\xBD";
  const PlaceMap map(text);
  for (uint32_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (i > 0 && text[i - 1] == '\r') continue;
    for (const Encoding e : {Encoding::Utf8, Encoding::Utf16}) BOOST_TEST(map.offset(map.place(i, e), e) == i);
  }
}

BOOST_AUTO_TEST_CASE(uris_and_paths) {
  BOOST_TEST(*omc::lsp::path_of("file:///a/b%20c/%E5%90%8D.omc") == "/a/b c/名.omc");
  BOOST_TEST(*omc::lsp::path_of("file://localhost/a/../b") == "/b");
  for (const char* bad : {"", "untitled:1", "http://x/y", "file://host/x", "file:relative", "file:///a%2", "file:///a%zz", "file:///a%00b"})
    BOOST_TEST(!omc::lsp::path_of(bad), bad);
  for (const char* path : {"/a/b.omc", "/ä ö/#%?.omc"}) BOOST_TEST(*omc::lsp::path_of(omc::lsp::uri_of(path)) == path);
}
