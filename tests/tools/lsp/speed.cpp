// Answers about a file of 5,000 lines come within 50 ms (memory and servers reference, section 6). A test may run beside
// others on a machine that is slower, so the best of some attempts is taken and the limit is four times that.

#include <algorithm>
#include <chrono>

#include "client.hpp"

#if !OMC_SANITIZED

static std::string long_program() {
  std::string text = "# A long program.\n";
  for (int i = 0; text.size() < 5000 * 22; ++i) {
    const std::string n = std::to_string(i);
    text += "# Computes step " + n + ".\nfn step_" + n + "(left, right) {\n    h total = left * " + n + " + right;\n    if total > 10 {\n";
    text += "        total = total - arr_len([1, 2, left]);\n    }\n    return total" + (i > 0 ? " + step_" + std::to_string(i - 1) + "(1, right)" : "") + ";\n}\n";
  }
  return text;
}

BOOST_AUTO_TEST_CASE(answers_about_a_long_file_come_soon) {
  Client c;
  std::string text = long_program();
  while (std::count(text.begin(), text.end(), '\n') < 5000) text += "print(step_1(1, 2));\n";
  const auto d = c.open("/w/long.omc", text);
  const size_t call = text.find("step_300(1");
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(call), '\n');
  const Json at = {{"textDocument", {{"uri", d.uri}}}, {"position", {{"line", line}, {"character", 22}}}};
  const auto with = [&](const char* key, Json value) {
    Json params = at;
    params[key] = std::move(value);
    return params;
  };
  const Json whole = {{"start", {{"line", 2400}, {"character", 0}}}, {"end", {{"line", 2480}, {"character", 0}}}};
  const std::pair<const char*, Json> questions[] = {
      {"textDocument/hover", at},
      {"textDocument/definition", at},
      {"textDocument/completion", at},
      {"textDocument/references", with("context", {{"includeDeclaration", true}})},
      {"textDocument/documentHighlight", at},
      {"textDocument/rename", with("newName", "another")},
      {"textDocument/documentSymbol", at},
      {"textDocument/foldingRange", at},
      {"textDocument/selectionRange", with("positions", {at["position"]})},
      {"textDocument/signatureHelp", at},
      {"textDocument/inlayHint", with("range", whole)},
      {"textDocument/semanticTokens/full", at},
      {"textDocument/formatting", at},
      {"textDocument/prepareCallHierarchy", at},
      {"textDocument/codeLens", at},
  };
  using Milliseconds = std::chrono::duration<double, std::milli>;
  int version = 1;
  for (const auto& [method, params] : questions) {
    double best = 1e9;
    for (int attempt = 0; attempt < 5 && best > 50; ++attempt) {
      // A key was pressed: nothing is remembered of the text.
      c.change(d.uri, {{{"range", {{"start", {{"line", 0}, {"character", 2}}}, {"end", {{"line", 0}, {"character", 3}}}}}, {"text", "A"}}}, ++version);
      const auto start = std::chrono::steady_clock::now();
      c.ask(method, params);
      best = std::min(best, Milliseconds(std::chrono::steady_clock::now() - start).count());
    }
    BOOST_TEST_MESSAGE(method << ": " << best << " ms");
    BOOST_TEST(best <= 200.0, method << " took " << best << " ms");
  }
}

#endif
