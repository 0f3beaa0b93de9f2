// Messages in a stream of bytes: what is whole, what is broken, and how the stream goes on behind it.

#include <boost/test/unit_test.hpp>

#include <vector>

#include "lsp/framing.hpp"

using omc::lsp::Frame;
using omc::lsp::Framer;

// Bodies, and errors as `!WHY`.
static std::vector<std::string> frames(Framer& framer) {
  std::vector<std::string> all;
  while (std::optional<Frame> f = framer.next()) all.push_back(f->error.empty() ? f->body : "!" + std::string(f->error));
  return all;
}

static std::vector<std::string> frames_of(std::string_view bytes) {
  Framer framer;
  framer.feed(bytes);
  return frames(framer);
}

static std::string text(const std::vector<std::string>& all) {
  std::string joined;
  for (const std::string& one : all) joined += one + "|";
  return joined;
}

BOOST_AUTO_TEST_CASE(bytes_come_in_any_portions) {
  const std::string stream = omc::lsp::framed("{}") + omc::lsp::framed("[1, 2]") + omc::lsp::framed("");
  for (size_t step = 1; step <= stream.size(); ++step) {
    Framer framer;
    std::vector<std::string> all;
    for (size_t i = 0; i < stream.size(); i += step) {
      framer.feed(std::string_view(stream).substr(i, step));
      for (std::string& f : frames(framer)) all.push_back(std::move(f));
    }
    BOOST_TEST(text(all) == "{}|[1, 2]||");
  }
}

BOOST_AUTO_TEST_CASE(header_fields_are_read_without_case_and_others_are_ignored) {
  BOOST_TEST(text(frames_of("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-LENGTH:  2 \r\n\r\n{}")) == "{}|");
}

BOOST_AUTO_TEST_CASE(a_broken_header_costs_one_error_and_no_more) {
  const std::string good = omc::lsp::framed("1");
  const std::string error = "!the header has no valid Content-Length|";
  for (const char* bad : {"\r\n\r\n", "Content-Length: x\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Length:\r\n\r\n", "hello\r\n\r\n",
                          "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "Content-Length: 99999999999999999999999\r\n\r\n",
                          "Content-Type: text\r\n\r\n"})
    BOOST_TEST(text(frames_of(bad + good)) == error + "1|", bad);
}

BOOST_AUTO_TEST_CASE(a_header_without_end_is_given_up) {
  Framer framer;
  framer.feed(std::string(3 * omc::lsp::kMaxHeader, 'x'));
  BOOST_TEST(text(frames(framer)) == "!the header is too long|");
  framer.feed(std::string(3 * omc::lsp::kMaxHeader, 'x') + "\r\n\r\n" + omc::lsp::framed("1"));
  BOOST_TEST(text(frames(framer)) == "1|");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_too_long_is_passed_over) {
  const size_t length = omc::lsp::kMaxBody + 10;
  Framer framer;
  framer.feed("Content-Length: " + std::to_string(length) + "\r\n\r\n");
  BOOST_TEST(text(frames(framer)) == "!the message is too long|");
  const std::string part(1 << 20, 'x');
  for (size_t left = length; left > 0; left -= std::min(left, part.size())) {
    framer.feed(std::string_view(part).substr(0, std::min(left, part.size())));
    BOOST_TEST(frames(framer).empty());
  }
  framer.feed(omc::lsp::framed("1"));
  BOOST_TEST(text(frames(framer)) == "1|");
}
