#include "omc/flame_graph.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "omc/html.hpp"
#include "vm/heap.hpp"  // hash_text

namespace omc::tools {

namespace {

constexpr double kWidth = 1200, kMargin = 10, kRow = 18, kHead = 40;
constexpr double kCharacter = 6.65;  // of 11 px in the common monospace fonts
constexpr double kNarrowest = 0.25;  // what is narrower cannot be seen

using Call = Profiler::Call;

// Programs warm, builtins cold, the machine's own work grey. From the name alone, so that two pictures can be compared.
std::string colour(const Profiler::Function* f) {
  if (!f || f->name.starts_with('[')) return "#c4c7cc";
  const uint32_t hash = vm::hash_text(f->name);
  const uint32_t hue = f->path.empty() ? 195 + hash % 40 : 8 + hash % 42;
  return fmt::format("hsl({},{}%,{}%)", hue, 70 + (hash >> 8) % 20, 62 + (hash >> 16) % 10);
}

// XML has no place for control characters, however written.
std::string safe(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return html_escaped(out);
}

// The first `count` characters of UTF-8, the last of them `…` when it is cut.
std::string shortened(const std::string& text, size_t count) {
  size_t characters = 0, fits = text.size();
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (++characters == count) fits = i;
  }
  return characters <= count ? text : text.substr(0, fits) + "…";
}

class Picture {
 public:
  Picture(const Profiler& profile, std::string_view title) : profile_(profile) {
    height_ = kHead + kRow * static_cast<double>(depth(0)) + kMargin;
    out_ = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n"
        "<style>\n"
        "text {{ font: 11px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #111; pointer-events: none; }}\n"
        "text.head {{ font: 15px system-ui, sans-serif; }}\n"
        "rect {{ stroke: #fff; stroke-width: 0.5; }}\n"
        "g:hover > rect {{ stroke: #000; stroke-width: 1.5; }}\n"
        "</style>\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n"
        "<text class=\"head\" x=\"{2}\" y=\"24\">{3}</text>\n",
        kWidth, height_, kMargin, safe(title));
    draw(0, kMargin, 0);
    out_ += "</svg>\n";
  }
  std::string text() && { return std::move(out_); }

 private:
  double width(size_t call) const {
    return (kWidth - 2 * kMargin) * static_cast<double>(profile_.calls()[call].weight.total) /
           static_cast<double>(std::max<uint64_t>(1, profile_.samples()));
  }

  // The number of rows that can be seen from here on. Not deeper than a sample is (vm/observer.cpp), so it may recurse.
  size_t depth(size_t call) const {
    size_t deepest = 0;
    for (const auto& [function, callee] : profile_.calls()[call].callees)
      if (width(callee) >= kNarrowest) deepest = std::max(deepest, depth(callee));
    return deepest + 1;
  }

  void draw(size_t index, double x, size_t row) {
    const Call& call = profile_.calls()[index];
    const std::string name = call.function ? call.function->label() : "all";
    const double w = width(index), y = height_ - kMargin - kRow * static_cast<double>(row + 1);
    out_ += fmt::format("<g><title>{}: {:.3f} s, {:.1f} % of all, {:.3f} s of it itself</title>"
                        "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"/>",
                        safe(name), profile_.seconds(call.weight.total), profile_.share(call.weight.total),
                        profile_.seconds(call.weight.self), x, y, w, kRow, colour(call.function));
    const auto fits = static_cast<size_t>(std::max(0.0, (w - 6) / kCharacter));
    const std::string& label = call.function ? call.function->name : name;
    if (fits >= 3)
      out_ += fmt::format("<text x=\"{:.2f}\" y=\"{}\">{}</text>", x + 3, y + 13,
                          safe(shortened(name.size() <= fits ? name : label, fits)));
    out_ += "</g>\n";
    // By name, as pictures of this kind are, so that two runs look alike.
    std::vector<std::pair<std::string, size_t>> callees;
    for (const auto& [function, callee] : call.callees) callees.emplace_back(function->label(), callee);
    std::sort(callees.begin(), callees.end());
    for (const auto& [callee_name, callee] : callees) {
      if (width(callee) >= kNarrowest) draw(callee, x, row + 1);
      x += width(callee);
    }
  }

  const Profiler& profile_;
  double height_;
  std::string out_;
};

}  // namespace

std::string flame_graph(const Profiler& profile, std::string_view title) { return Picture(profile, title).text(); }

}  // namespace omc::tools
