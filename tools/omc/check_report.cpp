// text and full, for people; json, sarif and github, for programs.

#include "omc/check_report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lang/render.hpp"

namespace omc::tools {

namespace {

using Json = nlohmann::ordered_json;

// A finding as programs want it: a hint of the heal walk is a hint whatever its rule says.
struct Item {
  const lang::Source* source;
  const lang::Diagnostic* diagnostic;
  const lang::Rule* rule;  // nullptr: a syntax error
  lang::Severity severity;

  std::string_view code() const { return rule ? rule->code : "syntax-error"; }
  std::string_view name() const { return rule ? rule->name : diagnostic->code; }
  lang::Position begin() const { return source->position(diagnostic->span.begin); }
  lang::Position end() const { return source->position(diagnostic->span.end); }
};

std::vector<Item> items_of(const CheckedFile& file) {
  std::vector<Item> items;
  const auto add = [&](const std::vector<lang::Diagnostic>& list, bool hint) {
    for (const lang::Diagnostic& d : list)
      items.push_back({file.source.get(), &d, lang::find_rule(d.code), hint ? lang::Severity::Hint : d.severity});
  };
  add(file.syntax, false);
  add(file.failing, false);
  add(file.hints, true);
  add(file.lint, false);
  std::ranges::stable_sort(items, {}, [](const Item& i) { return i.diagnostic->span.begin; });
  return items;
}

// --- text --------------------------------------------------------------------------------------------------------------

class TextReport : public CheckReport {
 public:
  TextReport(Console& console, bool several) : console_(console), several_(several) {}

  void add(const CheckedFile& file) override {
    if (!file.syntax.empty()) return syntax(file);
    const std::string& path = file.source->path();
    if (file.issues() == 0)
      console_.write(fmt::format("{}: clean ({} iteration{}){}\n", path, file.iterations, file.iterations == 1 ? "" : "s",
                                 file.hints.empty() ? "" : fmt::format(" — {} hint(s)", file.hints.size())));
    else
      console_.write(fmt::format("{}: {} issue(s) ({} heal, {} lint, {} hint) — {} iteration(s) ({})\n", path, file.issues(),
                                 file.failing.size(), file.lint.size(), file.hints.size(), file.iterations,
                                 file.exhausted ? "exhausted" : "converged"));
    for (const lang::Diagnostic& d : file.failing) console_.write("  heal: " + d.message + "\n");
    for (const lang::Diagnostic& d : file.hints) console_.write("  hint: " + d.message + "\n");
    placed(file, lang::Rule::Place::Token);
    for (const lang::Diagnostic& d : file.lint)
      if (const lang::Rule& rule = *lang::find_rule(d.code); rule.place == lang::Rule::Place::Structure)
        console_.write(fmt::format("  {}: [{}] {}\n", path, rule.kind, d.message));
    placed(file, lang::Rule::Place::Extra);
  }

 private:
  void syntax(const CheckedFile& file) {
    console_.error("parse error: " + lang::at_position(*file.source, file.syntax[0]));
    // The message names no file: where several are checked, or somebody looks on, the place is shown too.
    if (!several_ && !console_.error_is_terminal()) return;
    for (const lang::Diagnostic& d : file.syntax) console_.error(lang::render(*file.source, d, {console_.colour(), 100}));
  }

  void placed(const CheckedFile& file, lang::Rule::Place place) {
    std::vector<const lang::Diagnostic*> some;
    for (const lang::Diagnostic& d : file.lint)
      if (lang::find_rule(d.code)->place == place) some.push_back(&d);
    std::ranges::stable_sort(some, {}, [](const lang::Diagnostic* d) { return d->span.begin; });
    for (const lang::Diagnostic* d : some) {
      const lang::Position at = file.source->position(d->span.begin);
      console_.write(fmt::format("  {}:{}: [{}] {} (col {})\n", file.source->path(), at.line, lang::find_rule(d->code)->kind,
                                 d->message, at.column));
    }
  }

  Console& console_;
  bool several_;
};

class FullReport : public CheckReport {
 public:
  explicit FullReport(Console& console) : console_(console) {}

  void add(const CheckedFile& file) override {
    for (const Item& item : items_of(file)) {
      lang::Diagnostic shown = *item.diagnostic;
      shown.severity = item.severity;
      const std::string code = item.rule ? fmt::format("{} {}", item.rule->code, item.rule->name) : std::string(shown.code);
      shown.code = code;
      console_.write(lang::render(*file.source, shown) + "\n");
      ++count_;
    }
    ++files_;
  }
  void finish() override { console_.write(fmt::format("{} finding(s) in {} file(s)\n", count_, files_)); }

 private:
  Console& console_;
  size_t count_ = 0, files_ = 0;
};

// --- for programs --------------------------------------------------------------------------------------------------------

Json region(const lang::Source& source, lang::Span span, const char* line, const char* column, const char* end_line, const char* end_column) {
  const lang::Position begin = source.position(span.begin), end = source.position(span.end);
  return {{line, begin.line}, {column, begin.column}, {end_line, end.line}, {end_column, end.column}};
}

class JsonReport : public CheckReport {
 public:
  explicit JsonReport(Console& console) : console_(console) {}

  void add(const CheckedFile& file) override {
    for (const Item& item : items_of(file)) {
      Json object = {{"file", file.source->path()}, {"code", item.code()}, {"name", item.name()},
                     {"severity", lang::spelling(item.severity)}, {"message", item.diagnostic->message}};
      object.update(region(*file.source, item.diagnostic->span, "line", "column", "end_line", "end_column"));
      if (!item.diagnostic->fixes.empty()) {
        const lang::Fix& fix = item.diagnostic->fixes[0];
        Json edits = Json::array();
        for (const lang::Edit& e : fix.edits) {
          Json edit = region(*file.source, e.span, "line", "column", "end_line", "end_column");
          edit["text"] = e.text;
          edits.push_back(std::move(edit));
        }
        object["fix"] = {{"title", fix.title}, {"safe", fix.safety == lang::Safety::Safe}, {"edits", std::move(edits)}};
      }
      all_.push_back(std::move(object));
    }
  }
  void finish() override { console_.write(all_.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"); }

 private:
  Console& console_;
  Json all_ = Json::array();
};

// A path as a relative or file URI: RFC 3986, section 2.
std::string uri(std::string_view path) {
  std::string text = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._~/!$&'()*+,;=@").find(c) != std::string_view::npos;
    text += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

// SARIF 2.1.0 (OASIS, 2020).
class SarifReport : public CheckReport {
 public:
  explicit SarifReport(Console& console) : console_(console) {}

  void add(const CheckedFile& file) override {
    const Json place = {{"uri", uri(file.source->path())}};
    const auto region_of = [&](lang::Span span) {
      return region(*file.source, span, "startLine", "startColumn", "endLine", "endColumn");
    };
    for (const Item& item : items_of(file)) {
      Json result = {{"ruleId", item.code()}};
      if (item.rule) result["ruleIndex"] = item.rule - lang::rules().data();
      result["level"] = item.severity == lang::Severity::Hint ? "note" : lang::spelling(item.severity);
      result["message"] = {{"text", item.diagnostic->message}};
      result["locations"] = {{{"physicalLocation", {{"artifactLocation", place}, {"region", region_of(item.diagnostic->span)}}}}};
      if (!item.diagnostic->fixes.empty()) {
        Json replacements = Json::array();
        for (const lang::Edit& e : item.diagnostic->fixes[0].edits)
          replacements.push_back({{"deletedRegion", region_of(e.span)}, {"insertedContent", {{"text", e.text}}}});
        result["fixes"] = {{{"description", {{"text", item.diagnostic->fixes[0].title}}},
                            {"artifactChanges", {{{"artifactLocation", place}, {"replacements", std::move(replacements)}}}}}};
      }
      results_.push_back(std::move(result));
    }
  }

  void finish() override {
    Json rules = Json::array();
    for (const lang::Rule& rule : lang::rules())
      rules.push_back({{"id", rule.code},
                       {"name", rule.name},
                       {"shortDescription", {{"text", rule.name}}},
                       {"fullDescription", {{"text", rule.check->why}}},
                       {"help", {{"text", rule.check->why}, {"markdown", lang::rule_page(rule)}}},
                       {"defaultConfiguration",
                        {{"enabled", rule.by_default},
                         {"level", rule.severity == lang::Severity::Hint ? "note" : lang::spelling(rule.severity)}}}});
    const Json document = {
        {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
        {"version", "2.1.0"},
        {"runs",
         {{{"tool", {{"driver", {{"name", "omc"}, {"version", OMC_VERSION}, {"rules", std::move(rules)}}}}},
           {"columnKind", "unicodeCodePoints"},
           {"results", std::move(results_)}}}}};
    console_.write(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }

 private:
  Console& console_;
  Json results_ = Json::array();
};

// Workflow commands of GitHub Actions; `%`, line breaks and, in properties, `:` and `,` are escaped.
class GithubReport : public CheckReport {
 public:
  explicit GithubReport(Console& console) : console_(console) {}

  void add(const CheckedFile& file) override {
    for (const Item& item : items_of(file)) {
      const std::string_view level = item.severity == lang::Severity::Hint ? "notice" : lang::spelling(item.severity);
      const lang::Position begin = item.begin(), end = item.end();
      // Columns are shown only where a finding lies on one line.
      const std::string columns = begin.line == end.line ? fmt::format(",col={},endColumn={}", begin.column, end.column) : "";
      console_.write(fmt::format("::{} file={},line={},endLine={}{},title={}::{}\n", level, escaped(file.source->path(), true), begin.line,
                                 end.line, columns, escaped(fmt::format("{} {}", item.code(), item.name()), true),
                                 escaped(item.diagnostic->message, false)));
    }
  }

 private:
  static std::string escaped(std::string_view text, bool property) {
    std::string out;
    for (const char c : text) {
      if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      else out += c;
    }
    return out;
  }

  Console& console_;
};

}  // namespace

bool is_report_format(std::string_view name) {
  return name == "text" || name == "full" || name == "json" || name == "sarif" || name == "github";
}

std::unique_ptr<CheckReport> make_check_report(const std::string& format, Console& console, bool several) {
  if (format == "full") return std::make_unique<FullReport>(console);
  if (format == "json") return std::make_unique<JsonReport>(console);
  if (format == "sarif") return std::make_unique<SarifReport>(console);
  if (format == "github") return std::make_unique<GithubReport>(console);
  return std::make_unique<TextReport>(console, several);
}

}  // namespace omc::tools
