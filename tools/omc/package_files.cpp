// TOML by toml++, JSON by nlohmann-json; what they throw becomes a PackageError.

#include "omc/package_files.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "omc/toml.hpp"

namespace omc::tools {

namespace {

// A `url` as the registry at `base` means it.
std::string resolved(const std::string& base, const std::string& url) {
  if (is_url(url)) return url;
  if (url.starts_with('/')) {
    if (is_http(base)) return base.substr(0, base.find('/', base.find("//") + 2)) + url;
    return base.starts_with("file://") ? "file://" + url : url;
  }
  const size_t slash = base.rfind('/');
  return slash == std::string::npos ? url : base.substr(0, slash + 1) + url;
}

std::string at(const toml::source_region& region) { return fmt::format("at {}:{}: ", region.begin.line, region.begin.column); }

Dependency dependency(const std::string& name, const toml::node& node) {
  Dependency d;
  d.name = name;
  const auto wrong = [&](std::string_view what) {
    return PackageError(fmt::format("{}dependency '{}': {}", at(node.source()), name, what));
  };
  if (const auto* text = node.as_string()) {
    (is_url(text->get()) ? d.url : d.registry_name) = text->get();
    if (text->get().empty()) throw wrong("the text is empty");
    return d;
  }
  const toml::table* table = node.as_table();
  if (!table) throw wrong("expected a name, a URL, or { url = \"...\", sha256 = \"...\" }");
  for (const auto& [key, value] : *table) {
    const auto* text = value.as_string();
    if (key.str() != "url" && key.str() != "sha256") throw wrong(fmt::format("unknown key '{}'", key.str()));
    if (!text) throw wrong(fmt::format("'{}' must be a string", key.str()));
    if (key.str() == "url") d.url = text->get();
    else d.sha256 = text->get();
  }
  if (d.url.empty()) throw wrong("'url' is missing");
  return d;
}

}  // namespace

bool is_http(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

bool is_url(std::string_view text) { return is_http(text) || text.starts_with("file://"); }

bool is_module_name(std::string_view name) {
  const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '.' || c == '-'; });
}

std::string module_name_of(std::string_view url) {
  if (is_http(url)) url = url.substr(0, url.find_first_of("?#"));
  url = url.substr(url.rfind('/') + 1);
  if (url.ends_with(".omc")) url.remove_suffix(4);
  return std::string(url);
}

Manifest parse_manifest(std::string_view text) {
  Manifest manifest;
  try {
    const toml::table document = toml::parse(text);
    const toml::node* section = document.get("dependencies");
    if (!section) return manifest;
    const toml::table* table = section->as_table();
    if (!table) throw PackageError(at(section->source()) + "'dependencies' must be a table");
    // A table comes sorted by its keys; what counts is where they stand.
    std::vector<std::pair<toml::source_position, Dependency>> found;
    for (const auto& [key, node] : *table) found.emplace_back(key.source().begin, dependency(std::string(key.str()), node));
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [position, d] : found) manifest.dependencies.push_back(std::move(d));
  } catch (const toml::parse_error& e) {
    throw PackageError(at(e.source()) + std::string(e.description()));
  }
  return manifest;
}

// The path of a file:// URL (RFC 8089): its host is empty or localhost, and %XX stands for a byte.
std::string file_path(std::string_view url) {
  std::string_view rest = url.substr(std::string_view("file://").size());
  if (rest.starts_with("localhost/")) rest.remove_prefix(std::string_view("localhost").size());
  std::string path;
  const auto digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '%' && i + 2 < rest.size() && digit(rest[i + 1]) && digit(rest[i + 2])) {
      path += static_cast<char>(std::stoi(std::string(rest.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      path += rest[i];
    }
  }
  return path;
}

Registry parse_registry(const std::string& place, std::string_view text) {
  Registry registry{place, {}};
  try {
    const nlohmann::json document = nlohmann::json::parse(text);
    if (document.at("registry_version") != 1) throw PackageError("unknown registry_version");
    for (const auto& [name, entry] : document.at("packages").items()) {
      RegistryEntry& found = registry.packages[name];
      const auto text_of = [&entry = entry](const char* key) {
        return entry.is_object() && entry.contains(key) && entry[key].is_string() ? entry[key].get<std::string>() : std::string();
      };
      // One bad entry is its own problem: without a URL it cannot be installed.
      if (text_of("url").empty() || text_of("sha256").empty()) continue;
      found = {resolved(place, text_of("url")), text_of("sha256"), text_of("version"), text_of("description")};
    }
  } catch (const nlohmann::json::exception& e) {
    const std::string_view what = e.what();
    throw PackageError(fmt::format("not a registry: {}", what.substr(what.find("] ") == what.npos ? 0 : what.find("] ") + 2)));
  }
  return registry;
}

std::map<std::string, Locked> parse_lock(std::string_view text) {
  std::map<std::string, Locked> lock;
  try {
    const toml::table document = toml::parse(text);
    for (const auto& [name, node] : document)
      if (const toml::table* entry = node.as_table())
        lock[std::string(name.str())] = {(*entry)["url"].value_or(std::string()), (*entry)["sha256"].value_or(std::string())};
  } catch (const toml::parse_error& e) {
    throw PackageError(at(e.source()) + std::string(e.description()));
  }
  return lock;
}

std::string lock_text(const std::map<std::string, Locked>& lock) {
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (static_cast<unsigned char>(c) < 0x20) out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
      else out += c;
    }
    return out + "\"";
  };
  std::string text = "# Made by omc --install: what was installed last. Keep it beside omc.toml.\n";
  for (const auto& [name, entry] : lock)
    text += fmt::format("\n[{}]\nurl = {}\nsha256 = {}\n", quoted(name), quoted(entry.url), quoted(entry.sha256));
  return text;
}

}  // namespace omc::tools
