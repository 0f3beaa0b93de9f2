#include "lang/lint/suppression.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lang/children.hpp"
#include "lang/source.hpp"

namespace omc::lang {

namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// The words of `omc: ignore[A, B]`, as a rest of the comment; false when it is no such comment.
bool match(std::string_view text, bool& whole_file, std::string_view& list) {
  text.remove_prefix(text.starts_with('#') ? 1 : text.starts_with("//") ? 2 : 0);
  text = trimmed(text);
  if (!text.starts_with("omc:")) return false;
  text = trimmed(text.substr(4));
  if (!text.starts_with("ignore")) return false;
  text.remove_prefix(6);
  whole_file = text.starts_with("-file");
  if (whole_file) text.remove_prefix(5);
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  list = {};
  if (!text.starts_with('[')) return text.empty() || !whole_file || text[0] == '#';
  const size_t end = text.find(']');
  if (end == std::string_view::npos) return false;
  list = text.substr(1, end - 1);
  return true;
}

// The first statement that begins at or behind the offset, and before any other; as a whole.
struct FirstStatement {
  uint32_t from;
  Span best{UINT32_MAX, UINT32_MAX};

  void block(Block& b) {
    for (Stmt* s : b.statements) {
      if (s->span.end <= from) continue;
      if (s->span.begin >= from) {
        if (s->span.begin < best.begin) best = s->span;
        return;
      }
      visit_children(*s, *this);
    }
  }
  void expression(Expr*& e) { visit_operands(*e, *this); }
  void function(Function& f) {
    block(f.body);
    if (f.expression) expression(f.expression);
  }
};

}  // namespace

Suppressions::Suppressions(const Module& module) {
  for (const Comment& c : module.comments) read(module, c);
}

void Suppressions::read(const Module& module, const Comment& comment) {
  const Source& source = module.source();
  const std::string_view text = source.text(comment.span);
  bool whole_file = false;
  std::string_view list;
  if (!match(text, whole_file, list)) return;
  Suppression s;
  if (list.data() == nullptr) {
    s.words.push_back({{}, comment.span});
  } else {
    const auto offset = [&](std::string_view part) { return comment.span.begin + static_cast<uint32_t>(part.data() - text.data()); };
    for (std::string_view rest = list; !rest.empty();) {
      const size_t comma = rest.find(',');
      const std::string_view word = trimmed(rest.substr(0, comma));
      if (!word.empty()) s.words.push_back({word, {offset(word), offset(word) + static_cast<uint32_t>(word.size())}});
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  const uint32_t line = source.line(comment.span.begin);
  const Span on_line = source.line_span(line);
  const bool alone = trimmed(source.text({on_line.begin, comment.span.begin})).empty();
  if (whole_file) {
    s.covered = {0, UINT32_MAX};
  } else if (alone) {
    FirstStatement next{comment.span.end};
    next.block(module.top_level->body);
    s.covered = next.best;
  } else {
    s.covered = {on_line.begin, on_line.end + 1};
  }
  all_.push_back(std::move(s));
}

bool Suppressions::covers(const Rule& rule, uint32_t offset) {
  bool any = false;
  for (Suppression& s : all_) {
    if (!s.covered.contains(offset)) continue;
    for (Word& w : s.words) {
      if (!w.text.empty() && w.text != rule.name && !(w.text.size() >= 3 && rule.code.starts_with(w.text))) continue;
      w.used = any = true;
    }
  }
  return any;
}

void Suppressions::report(const RuleSet& wanted, Diagnostics& found) const {
  const Rule& unused = *find_rule("unused-suppression");
  const Rule& unknown = *find_rule("unknown-rule");
  for (const Suppression& s : all_) {
    for (const Word& w : s.words) {
      if (w.used) continue;
      RuleSet meant;
      if (!meant.set(w.text.empty() ? "all" : w.text, true)) {
        if (wanted.contains(unknown))
          found.add(unknown.severity, unknown.name, w.span, fmt::format("`{}` is no rule", w.text));
      } else if (wanted.contains(unused) && wanted.has_all(meant)) {
        found.add(unused.severity, unused.name, w.span,
                  w.text.empty() ? "nothing is suppressed here" : fmt::format("`{}` suppresses nothing here", w.text));
      }
    }
  }
}

// Their hooks are report() above: both know only when everything else was found.
extern const Check kUnusedSuppression = {
    .why = "The comment suppresses a finding that is not there any more. Left in place it would hide the next one.",
    .bad = "h v = 1;  # omc: ignore[OMC104]\nprintln(v);",
    .good = "h v = 1;\nh v = 2;  # omc: ignore[OMC104]\nprintln(v);",
};

extern const Check kUnknownRule = {
    .why = "The comment names a rule that does not exist, so it suppresses nothing.",
    .bad = "h v = 1;\nh v = 2;  # omc: ignore[OMC1044]\nprintln(v);",
    .good = "h v = 1;\nh v = 2;  # omc: ignore[OMC104]\nprintln(v);",
};

}  // namespace omc::lang
