// textDocument/signatureHelp: the parameters of the call that is being written.

#include <algorithm>

#include "lsp/call_at.hpp"
#include "lsp/feature.hpp"

namespace omc::lsp {

namespace {

// The characters of the signature that are the parameter, as the protocol counts them; nothing when it is not to be found.
Json label_of(const Context& context, const Description& d, size_t i) {
  size_t from = d.signature.find('(');
  for (size_t k = 0; k <= i && from != std::string::npos; ++k) {
    from = d.signature.find(d.parameters[k], from);
    if (from != std::string::npos && k < i) from += d.parameters[k].size();
  }
  if (from == std::string::npos) return d.parameters[i];
  const uint32_t begin = units(std::string_view(d.signature).substr(0, from), context.client.encoding);
  return {begin, begin + units(d.parameters[i], context.client.encoding)};
}

Json signature(const Context& context, const Description& d) {
  Json parameters = Json::array();
  for (size_t i = 0; i < d.parameters.size(); ++i) parameters.push_back({{"label", label_of(context, d, i)}});
  Json out = {{"label", d.signature}, {"parameters", std::move(parameters)}};
  if (!d.text.empty()) out["documentation"] = context.markup(d.text);
  return out;
}

Json answer(Context& context, const Json& params) {
  const FilePtr file = context.document(params);
  const std::optional<CallAt> call = call_at(*file, context.position(*file, params));
  if (!call) return nullptr;
  const std::vector<Description> all = callees(context.workspace, file, call->name);
  if (all.empty()) return nullptr;
  Json signatures = Json::array();
  for (const Description& d : all) signatures.push_back(signature(context, d));
  // The last parameter may stand for many: `...`.
  size_t active = call->argument;
  const std::vector<std::string>& parameters = all[0].parameters;
  if (!parameters.empty() && parameters.back().find("...") != std::string::npos) active = std::min(active, parameters.size() - 1);
  return {{"signatures", std::move(signatures)}, {"activeSignature", 0}, {"activeParameter", active}};
}

Json options() { return {{"triggerCharacters", {"(", ","}}}; }

}  // namespace

extern const Feature kSignatureHelp = {
    .method = "textDocument/signatureHelp", .capability = "signatureHelpProvider", .options = options, .answer = answer};

}  // namespace omc::lsp
