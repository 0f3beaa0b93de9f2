#include "lsp/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lang/doc.hpp"

namespace omc::lsp {

namespace {

std::string joined(const std::vector<std::string>& lines) { return fmt::format("{}", fmt::join(lines, "\n")); }

// "array, f, start?" at its commas; those in brackets belong to a parameter.
std::vector<std::string> split_parameters(std::string_view list) {
  std::vector<std::string> parts;
  int depth = 0;
  size_t begin = 0;
  const auto add = [&](size_t end) {
    std::string_view part = list.substr(begin, end - begin);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (!part.empty()) parts.emplace_back(part);
  };
  for (size_t i = 0; i < list.size(); ++i) {
    depth += list[i] == '(' || list[i] == '[' || list[i] == '{';
    depth -= list[i] == ')' || list[i] == ']' || list[i] == '}';
    if (list[i] != ',' || depth > 0) continue;
    add(i);
    begin = i + 1;
  }
  add(list.size());
  return parts;
}

Description of_class(const File& file, const Definition& d) {
  Description out;
  for (const lang::Identifier& field : d.in_class->fields) out.parameters.emplace_back(field.name);
  const lang::Name parent = d.in_class->parent.name;
  out.signature = fmt::format("class {}({}){}{}", d.in_class->name.name, fmt::join(out.parameters, ", "), parent.empty() ? "" : " extends ", parent);
  out.text = joined(lang::comment_above(*file.source, file.parsed.module->comments, d.whole.begin));
  return out;
}

Description of_function(const File& file, const Definition& d) {
  lang::FunctionDoc doc = lang::documentation(*file.parsed.module, *d.function);
  Description out;
  out.text = joined(doc.text);
  out.parameters = doc.parameters;
  out.signature = doc.signature();
  if (d.kind == DefinitionKind::Method) out.signature += fmt::format("  # method of {}", d.in_class->name.name);
  return out;
}

}  // namespace

Description describe(const vm::Builtin& b) {
  return {fmt::format("{}{}", b.name, b.signature), std::string(b.summary), std::string(b.example),
          split_parameters(vm::parameter_list(b.signature))};
}

Description describe(const Target& target) {
  const File& file = *target.file;
  const Definition& d = target.definition;
  switch (d.kind) {
    case DefinitionKind::Function:
    case DefinitionKind::Method: return of_function(file, d);
    case DefinitionKind::Class: return of_class(file, d);
    case DefinitionKind::Variable: {
      // The statement as it stands, as far as it is one line.
      std::string_view line = file.text(d.whole);
      line = line.substr(0, line.find_first_of("\r\n{"));
      return {std::string(line), joined(lang::comment_above(*file.source, file.parsed.module->comments, d.whole.begin)), {}, {}};
    }
    case DefinitionKind::Parameter: return {fmt::format("{}  # parameter", file.text(d.name)), {}, {}, {}};
    case DefinitionKind::ModuleAlias:
    case DefinitionKind::Import: return {std::string(file.text(d.whole)), {}, {}, {}};
  }
  return {};
}

std::string markdown(const Description& d) {
  std::string out = fmt::format("```omc\n{}\n```", d.signature);
  if (!d.text.empty()) out += "\n\n" + d.text;
  if (!d.example.empty()) out += fmt::format("\n\n```omc\n{}\n```", d.example);
  return out;
}

}  // namespace omc::lsp
