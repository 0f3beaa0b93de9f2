#include "lang/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace omc::lang {

std::string_view spelling(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Hint: return "hint";
  }
  return "";
}

Diagnostic& Diagnostics::add(Severity severity, std::string_view code, Span span, std::string message) {
  errors_ += severity == Severity::Error;
  return all_.emplace_back(Diagnostic{severity, code, span, std::move(message), {}, {}});
}

void Diagnostics::sort() {
  std::ranges::stable_sort(all_, {}, [](const Diagnostic& d) { return d.span.begin; });
}

void Diagnostics::drop_within(Span span) {
  std::erase_if(all_, [this, span](const Diagnostic& d) {
    const bool dropped = span.contains(d.span.begin);
    errors_ -= dropped && d.severity == Severity::Error;
    return dropped;
  });
}

std::string at_position(const Source& source, const Diagnostic& diagnostic) {
  const Position at = source.position(diagnostic.span.begin);
  return fmt::format("at {}:{}: {}", at.line, at.column, diagnostic.message);
}

}  // namespace omc::lang
