// Any bytes: tokens and nodes lie in order and inside the text, and an error is reported unless there is none.
#include <string>

#include "check.hpp"
#include "lang/dump.hpp"
#include "lang/parser.hpp"

using namespace omc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const lang::Source source("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  const lang::ParseResult parsed = lang::parse(source);

  uint32_t end = 0;
  for (const lang::Token& token : parsed.tokens) {
    OMC_CHECK(end <= token.span.begin && token.span.begin <= token.span.end && token.span.end <= source.size());
    end = token.span.end;
  }
  end = 0;
  for (const lang::Comment& comment : parsed.module->comments) {
    OMC_CHECK(end <= comment.span.begin && comment.span.begin < comment.span.end && comment.span.end <= source.size());
    end = comment.span.end;
  }
  uint32_t begin = 0;
  for (const lang::Diagnostic& d : parsed.diagnostics) {
    OMC_CHECK(begin <= d.span.begin && d.span.begin <= d.span.end && d.span.end <= source.size());
    OMC_CHECK(lang::at_position(source, d).starts_with("at "));
    begin = d.span.begin;
  }
  end = 0;
  for (const lang::Stmt* s : parsed.module->top_level->body.statements) {
    OMC_CHECK(end <= s->span.begin && s->span.begin <= s->span.end && s->span.end <= source.size());
    end = s->span.end;
  }
  const std::string tree = lang::dump_ast(*parsed.module);
  OMC_CHECK(lang::same_program(*parsed.module, *lang::parse(source).module));
  return 0;
}
