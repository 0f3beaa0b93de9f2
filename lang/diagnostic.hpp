#pragma once
// What is to be said about a source text, as data. The lexer, the parser, the resolver, the linter and the heal pass
// make diagnostics; render.hpp, JSON, SARIF and the language server show them. Nobody below tools/ prints.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lang/source.hpp"
#include "lang/span.hpp"

namespace omc::lang {

enum class Severity : uint8_t { Error, Warning, Hint };
std::string_view spelling(Severity severity);  // "error", "warning", "hint"

// What applying a fix may do to the program.
enum class Safety : uint8_t {
  Safe,           // the program means the same afterwards
  ChangesMeaning  // it may not: somebody has to agree first
};

struct Note {
  Span span;  // empty: the note belongs to the whole diagnostic
  std::string message;
};

struct Edit {
  Span span;  // replaced by
  std::string text;
};

struct Fix {
  std::string title;
  Safety safety = Safety::ChangesMeaning;
  std::vector<Edit> edits;
};

struct Diagnostic {
  Severity severity;
  std::string_view code;  // stable, kebab-case; a string literal
  Span span;
  std::string message;
  std::vector<Note> notes;
  std::vector<Fix> fixes;
};

// Where the makers put them. A returned reference holds until the next add().
class Diagnostics {
 public:
  Diagnostic& add(Severity severity, std::string_view code, Span span, std::string message);

  bool has_errors() const { return errors_ > 0; }
  size_t error_count() const { return errors_; }
  bool empty() const { return all_.empty(); }
  size_t size() const { return all_.size(); }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  const Diagnostic& operator[](size_t i) const { return all_[i]; }

  // By place in the text; those of one place stay in the order in which they were made.
  void sort();
  // Those that begin inside the span go.
  void drop_within(Span span);

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

// `at L:C: MESSAGE`, the form in which the command line, eval and import report a syntax error.
std::string at_position(const Source& source, const Diagnostic& diagnostic);

}  // namespace omc::lang
