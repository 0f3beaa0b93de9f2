// Mutations of programs for all targets that take one: every other time tokens are dropped, doubled, exchanged or
// replaced, which leads deeper into the grammar than changed bytes do.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lang/lexer.hpp"

using namespace omc;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

static constexpr std::string_view kWords[] = {
#define OMC_KEYWORD(kind, spelling) spelling,
#define OMC_OPERATOR(kind, spelling) spelling,
#define OMC_ALIAS(kind, spelling) spelling,
#include "lang/tokens.def"
    "x", "f", "0", "9223372036854775808", "1.5", "'a'", "\"b\"", "\"\"\"c\"\"\"", "f\"{x}\"", "# note\n", "/* note */", "\n", "\n\n",
};

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  if (random() % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const lang::Source source("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  lang::Diagnostics none;
  // Pieces of text, each a token with the blanks and comments in front of it.
  std::vector<std::string> pieces;
  uint32_t end = 0;
  for (const lang::Token& token : lang::lex(source, none).tokens) {
    pieces.emplace_back(source.text({end, token.span.end}));
    end = token.span.end;
  }
  for (size_t n = 1 + random() % 4; n > 0; --n) {
    const size_t i = random() % pieces.size(), k = random() % pieces.size();
    switch (random() % 4) {
      case 0: pieces[i].clear(); break;
      case 1: pieces[i] += " " + pieces[k]; break;
      case 2: std::swap(pieces[i], pieces[k]); break;
      case 3: pieces[i] += ' ', pieces[i] += kWords[random() % std::size(kWords)]; break;
    }
  }
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  text.resize(std::min(text.size(), max_size));
  std::copy(text.begin(), text.end(), data);
  return text.size();
}
