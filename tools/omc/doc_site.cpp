#include "omc/doc_site.hpp"

#include <cctype>

#include <fmt/format.h>

#include "lang/lexer.hpp"
#include "lang/source.hpp"
#include "omc/html.hpp"
#include "omc/json_line.hpp"

namespace omc::tools {

namespace {

constexpr std::string_view kStyle = R"(:root{--line:#ddd;--soft:#f6f7f9;--link:#0b5cad;--dim:#666}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,sans-serif;color:#1b1b1b;background:#fff}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
header{display:flex;gap:1em;align-items:center;padding:.7em 1.5em;border-bottom:1px solid var(--line);background:var(--soft)}
header strong a{color:inherit}header form{margin-left:auto}
input{font:inherit;padding:.25em .6em;border:1px solid #bbb;border-radius:4px;width:18em;max-width:50vw}
.columns{display:flex;min-height:calc(100vh - 3.7em)}
nav{flex:0 0 16em;padding:1.2em;border-right:1px solid var(--line);font-size:.92em;overflow-wrap:anywhere}
nav ul{list-style:none;margin:0 0 1.2em;padding:0}nav h2{font-size:1em;margin:0 0 .3em}
main{flex:1;min-width:0;padding:1.2em 2em;max-width:60em}
section{border-top:1px solid var(--line);padding:.6em 0}
h1{margin:.2em 0 .6em}h3{margin:.4em 0;font:600 1.05em ui-monospace,monospace}
pre{background:var(--soft);border:1px solid var(--line);border-radius:4px;padding:.7em .9em;overflow:auto;font:.9em/1.45 ui-monospace,monospace}
code{font:.92em ui-monospace,monospace;background:var(--soft);padding:0 .2em}pre code{background:none;padding:0}
.signature{background:none;border:0;padding:0;margin:.2em 0}.source{float:right;font-size:.85em;color:var(--dim)}
.k{color:#8b1a8b}.s{color:#1c6b2c}.n{color:#9a4b00}.c{color:#777}
.l{color:#aaa;display:inline-block;width:4em;user-select:none}:target{background:#fff7d6}
#results li{margin:.3em 0}.dim{color:var(--dim)}
@media(max-width:45em){.columns{flex-direction:column-reverse}nav{flex:none;border:0;border-top:1px solid var(--line)}main{flex:none;padding:1em}}
)";

// The search: every word must occur in a name or a summary; names that begin with the text come first.
constexpr std::string_view kScript = R"((function () {
  var input = document.getElementById("q"), list = document.getElementById("results"), rest = document.getElementById("all");
  if (!input || !list) return;
  function search() {
    var words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.textContent = "";
    rest.hidden = words.length > 0;
    if (!words.length) return;
    var found = OMC_INDEX.filter(function (e) {
      var text = (e.name + " " + e.page + " " + e.summary).toLowerCase();
      return words.every(function (w) { return text.indexOf(w) >= 0; });
    });
    found.sort(function (a, b) {
      return (b.name.toLowerCase().indexOf(words[0]) === 0) - (a.name.toLowerCase().indexOf(words[0]) === 0) ||
             (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    });
    found.slice(0, 100).forEach(function (e) {
      var item = document.createElement("li"), link = document.createElement("a"), more = document.createElement("span");
      link.href = e.href;
      link.textContent = e.name;
      more.className = "dim";
      more.textContent = " " + e.page + (e.summary ? ": " + e.summary : "");
      item.appendChild(link);
      item.appendChild(more);
      list.appendChild(item);
    });
    if (!found.length) list.textContent = "Nothing found.";
  }
  input.value = new URLSearchParams(location.search).get("q") || "";
  input.addEventListener("input", search);
  search();
})();
)";

std::string anchor(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-') out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

class Writer {
 public:
  explicit Writer(const Site& site) : site_(site) {
    for (const SitePage& page : site.pages)
      for (const SiteEntry& e : page.entries) links_.try_emplace(e.name, page_file(page) + "#" + anchor(e.name));
  }

  std::map<std::string, std::string> files() {
    std::map<std::string, std::string> all;
    all["style.css"] = kStyle;
    all["search.js"] = kScript;
    all["index.js"] = index_data();
    all["index.html"] = index();
    for (const SitePage& page : site_.pages) {
      all[page_file(page)] = module_page(page);
      if (!page.source.empty()) all[source_file(page)] = source_page(page);
    }
    return all;
  }

 private:
  static std::string page_file(const SitePage& page) { return anchor(page.name) == "index" ? "index_.html" : page.name + ".html"; }
  static std::string source_file(const SitePage& page) { return "source." + page.name + ".html"; }

  // A program whose names of documented functions are links.
  std::string linked(std::string_view code) const {
    std::string out;
    std::string_view rest = code;
    const lang::Source source("code", std::string(code));
    lang::Diagnostics ignored;
    const auto tokens = lang::lex(source, ignored).tokens;
    uint32_t done = 0;
    for (const lang::Token& t : tokens) {
      if (t.kind != lang::TokenKind::Identifier || t.span.begin < done) continue;
      const auto link = links_.find(std::string(source.text(t.span)));
      if (link == links_.end()) continue;
      // Pieces between links are highlighted alone: a token never spans two of them.
      out += html_highlighted(source.text({done, t.span.begin}));
      out += fmt::format("<a href=\"{}\">{}</a>", html_escaped(link->second), html_escaped(link->first));
      done = t.span.end;
    }
    return out + html_highlighted(rest.substr(done));
  }

  // One line of text: `code`, and names of functions in it as links.
  std::string inline_text(std::string_view line) const {
    std::string out;
    while (!line.empty()) {
      const size_t open = line.find('`');
      const size_t close = open == std::string_view::npos ? open : line.find('`', open + 1);
      if (close == std::string_view::npos) return out + html_escaped(line);
      out += html_escaped(line.substr(0, open)) + "<code>" + linked(line.substr(open + 1, close - open - 1)) + "</code>";
      line.remove_prefix(close + 1);
    }
    return out;
  }

  // Paragraphs, lists of lines that begin with `- `, and fences.
  std::string markdown(const std::vector<std::string>& lines) const {
    std::string out, paragraph, items;
    const auto flush = [&] {
      if (!paragraph.empty()) out += "<p>" + paragraph + "</p>\n";
      if (!items.empty()) out += "<ul>\n" + items + "</ul>\n";
      paragraph.clear();
      items.clear();
    };
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string& line = lines[i];
      if (line.starts_with("```")) {
        flush();
        const std::string kind = line.substr(3);
        std::string code;
        while (++i < lines.size() && !lines[i].starts_with("```")) code += lines[i] + "\n";
        out += "<pre><code>" + (kind.empty() || kind == "omc" ? linked(code) : html_escaped(code)) + "</code></pre>\n";
      } else if (line.empty()) {
        flush();
      } else if (line.starts_with("- ")) {
        items += "<li>" + inline_text(std::string_view(line).substr(2)) + "</li>\n";
      } else {
        paragraph += (paragraph.empty() ? "" : "\n") + inline_text(line);
      }
    }
    flush();
    return out;
  }

  std::string frame(const std::string& title, const std::string& navigation, const std::string& body) const {
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>{}</title>\n<link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n<header><strong><a href=\"index.html\">{}</a></strong>"
        "<form action=\"index.html\"><input id=\"q\" name=\"q\" type=\"search\" placeholder=\"Search\" aria-label=\"Search\"></form></header>\n"
        "<div class=\"columns\">\n<nav>{}</nav>\n<main>\n{}</main>\n</div>\n</body>\n</html>\n",
        html_escaped(title == site_.title ? title : title + " — " + site_.title), html_escaped(site_.title), navigation, body);
  }

  // A long name breaks where its words do.
  static std::string breakable(std::string_view name) {
    std::string out;
    for (const char c : html_escaped(name)) {
      out += c;
      if (c == '_') out += "<wbr>";
    }
    return out;
  }

  std::string navigation(const SitePage* current) const {
    std::string out = "<h2>Modules</h2>\n<ul>\n";
    for (const SitePage& page : site_.pages)
      out += fmt::format("<li><a href=\"{}\">{}</a></li>\n", html_escaped(page_file(page)), breakable(page.title));
    out += "</ul>\n";
    if (!current || current->entries.empty()) return out;
    out += "<h2>On this page</h2>\n<ul>\n";
    for (const SiteEntry& e : current->entries)
      out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", html_escaped(anchor(e.name)), breakable(e.name));
    return out + "</ul>\n";
  }

  std::string module_page(const SitePage& page) const {
    std::string body = fmt::format("<h1>{}</h1>\n", html_escaped(page.title));
    if (page.entries.empty()) body += "<p>No public functions.</p>\n";
    for (const SiteEntry& e : page.entries) {
      body += fmt::format("<section id=\"{}\">\n", html_escaped(anchor(e.name)));
      if (e.line > 0) body += fmt::format("<a class=\"source\" href=\"{}#L{}\">source</a>\n", html_escaped(source_file(page)), e.line);
      body += fmt::format("<h3><a href=\"#{}\">{}</a></h3>\n", html_escaped(anchor(e.name)), html_escaped(e.name));
      body += "<pre class=\"signature\"><code>" + linked(e.signature) + "</code></pre>\n" + markdown(e.text);
      if (!e.example.empty()) body += "<pre><code>" + linked(e.example) + "</code></pre>\n";
      body += "</section>\n";
    }
    return frame(page.title, navigation(&page), body);
  }

  static std::string source_page_body(const SitePage& page) {
    const std::string code = html_highlighted(page.source);
    // A token over several lines is closed and opened again at each line end, so that a line is a whole element.
    std::string out = "<pre><code>", open;
    size_t line = 1;
    const auto start = [&] { out += fmt::format("<span id=\"L{}\"><span class=\"l\">{}</span>", line, line) + open; };
    start();
    for (size_t i = 0; i < code.size(); ++i) {
      if (code[i] == '<') {
        const size_t end = code.find('>', i);
        const std::string tag = code.substr(i, end - i + 1);
        open = tag == "</span>" ? "" : tag;
        out += tag;
        i = end;
      } else if (code[i] == '\n') {
        out += open.empty() ? "</span>\n" : "</span></span>\n";
        ++line;
        start();
      } else {
        out += code[i];
      }
    }
    return out + (open.empty() ? "" : "</span>") + "</span></code></pre>\n";
  }
  std::string source_page(const SitePage& page) const {
    return frame(page.title + " (source)", navigation(nullptr),
                 fmt::format("<h1>{}</h1>\n<p><a href=\"{}\">documentation</a></p>\n", html_escaped(page.title), html_escaped(page_file(page))) +
                     source_page_body(page));
  }

  static std::string summary(const SiteEntry& e) {
    for (const std::string& line : e.text)
      if (!line.empty() && !line.starts_with("```")) return line;
    return {};
  }

  std::string index() const {
    std::string body = fmt::format("<h1>{}</h1>\n<ul id=\"results\"></ul>\n<div id=\"all\">\n", html_escaped(site_.title));
    for (const SitePage& page : site_.pages) {
      body += fmt::format("<h2><a href=\"{}\">{}</a></h2>\n<ul>\n", html_escaped(page_file(page)), html_escaped(page.title));
      for (const SiteEntry& e : page.entries) {
        const std::string text = summary(e);
        body += fmt::format("<li><a href=\"{}#{}\"><code>{}</code></a>{}</li>\n", html_escaped(page_file(page)), html_escaped(anchor(e.name)),
                            html_escaped(e.name), text.empty() ? "" : " <span class=\"dim\">" + inline_text(text) + "</span>");
      }
      body += "</ul>\n";
    }
    body += "</div>\n<script src=\"index.js\"></script>\n<script src=\"search.js\"></script>\n";
    return frame(site_.title, navigation(nullptr), body);
  }

  std::string index_data() const {
    std::string out = "var OMC_INDEX = [\n";
    for (const SitePage& page : site_.pages)
      for (const SiteEntry& e : page.entries) {
        std::string plain = summary(e);
        std::erase(plain, '`');
        std::string line = JsonLine().text("name", e.name).text("page", page.title).text("summary", plain)
                               .text("href", page_file(page) + "#" + anchor(e.name)).str();
        line.pop_back();
        out += line + ",\n";
      }
    return out + "];\n";
  }

  const Site& site_;
  std::map<std::string, std::string> links_;  // function -> address
};

}  // namespace

std::map<std::string, std::string> site_files(const Site& site) { return Writer(site).files(); }

}  // namespace omc::tools
