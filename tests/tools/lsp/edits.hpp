#pragma once
// What the edits of an answer make of a text.

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "client.hpp"

inline std::string applied(const std::string& text, const Json& edits) {
  const omc::lsp::PlaceMap map(text);
  std::vector<std::tuple<uint32_t, uint32_t, std::string>> all;
  for (const Json& e : edits) {
    const auto offset = [&](const char* end) {
      const Json& p = e["range"][end];
      return map.offset({p["line"], p["character"]}, omc::lsp::Encoding::Utf16);
    };
    all.emplace_back(offset("start"), offset("end"), e["newText"].get<std::string>());
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return std::get<0>(a) < std::get<0>(b); });
  std::string out = text;
  for (auto e = all.rbegin(); e != all.rend(); ++e) out.replace(std::get<0>(*e), std::get<1>(*e) - std::get<0>(*e), std::get<2>(*e));
  return out;
}
