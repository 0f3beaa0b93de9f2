#include "lsp/diagnostics.hpp"

namespace omc::lsp {

namespace {

enum class LspSeverity : int { Error = 1, Warning = 2, Information = 3 };
enum class Tag : int { Unnecessary = 1, Deprecated = 2 };

LspSeverity severity_of(std::string_view source) {
  if (source == "omc-parse") return LspSeverity::Error;
  return source == "omc-heal" ? LspSeverity::Information : LspSeverity::Warning;
}

// How editors grey out and strike through.
Json tags_of(std::string_view rule) {
  if (rule == "dead-code" || rule.starts_with("unused-")) return {Tag::Unnecessary};
  if (rule == "to-str" || rule == "deprecated-builtin") return {Tag::Deprecated};
  return Json::array();
}

}  // namespace

std::vector<Finding> findings(const analysis::CheckedFile& checked) {
  std::vector<Finding> all;
  for (const lang::Diagnostic& d : checked.syntax) all.push_back({"omc-parse", &d});
  for (const auto* list : {&checked.failing, &checked.hints})
    for (const lang::Diagnostic& d : *list) all.push_back({"omc-heal", &d});
  for (const lang::Diagnostic& d : checked.lint) all.push_back({"omc-lint", &d});
  return all;
}

Json diagnostic_of(const Context& context, const File& file, const Finding& finding) {
  const lang::Diagnostic& d = *finding.diagnostic;
  const lang::Rule* rule = lang::find_rule(d.code);
  Json out = {{"range", context.range(file, d.span)},
              {"severity", severity_of(finding.source)},
              {"code", rule ? rule->code : d.code},
              {"source", finding.source},
              {"message", d.message}};
  if (Json tags = tags_of(d.code); !tags.empty()) out["tags"] = std::move(tags);
  if (context.client.related_information && !d.notes.empty()) {
    Json& related = out["relatedInformation"] = Json::array();
    for (const lang::Note& note : d.notes)
      related.push_back({{"location", context.location(file, note.span.empty() ? d.span : note.span)}, {"message", note.message}});
  }
  return out;
}

Json diagnostics_of(const Context& context, const File& file) {
  Json all = Json::array();
  const auto checked = context.workspace.check(file.uri);
  if (!checked) return all;
  for (const Finding& finding : findings(*checked)) all.push_back(diagnostic_of(context, file, finding));
  return all;
}

}  // namespace omc::lsp
