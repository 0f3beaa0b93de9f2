// Formatting keeps the program and every comment, and formatting what is formatted changes nothing.
#include <algorithm>
#include <string>

#include "check.hpp"
#include "lang/dump.hpp"
#include "lang/format.hpp"
#include "lang/parser.hpp"

using namespace omc;

// The visible characters of all comments: a comment may move, and two may come to stand on one line.
static std::string comment_characters(const lang::Module& module) {
  std::string all;
  for (const lang::Comment& comment : module.comments)
    for (const char c : module.source().text(comment.span))
      if (static_cast<unsigned char>(c) > ' ') all += c;
  std::ranges::sort(all);
  return all;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lang::Source source("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  const lang::ParseResult first = lang::parse(source);
  if (!first.ok()) return 0;
  const lang::Source once("once", lang::format(*first.module));
  const lang::ParseResult second = lang::parse(once);
  OMC_CHECK(second.ok() && lang::same_program(*first.module, *second.module));
  OMC_CHECK(comment_characters(*first.module) == comment_characters(*second.module));
  OMC_CHECK(lang::format(*second.module) == once.text());
  return 0;
}
