// `omc kernel`: a content store of functions and texts, addressed by what they are (command-line reference, section 11;
// memory and servers, section 3). `store/HASH.omc` holds the text as given, `store/HASH.json` what is known of it.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "analysis/find_files.hpp"
#include "lang/extract.hpp"
#include "omc/code_identity.hpp"
#include "omc/command.hpp"
#include "omc/environment.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"
#include "substrate/attractors.hpp"
#include "substrate/hash.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

const Variable kRoot("OMC_KERNEL_ROOT", "folder of the content store of `omc kernel` (default ~/.omc/kernel)");
const Variable kHome("HOME", "folder of the history file, of the memory and of the content store");

using Json = nlohmann::json;  // keys sorted

std::string store_folder() {
  if (kRoot.text()) return *kRoot.text() + "/store";
  return (kHome.text() ? *kHome.text() : ".") + "/.omc/kernel/store";
}

// How each kind of content is addressed.
struct Kind {
  std::string_view name, addressing;
};
constexpr Kind kKinds[] = {
    {"omc_fn", "alpha-rename-invariant OMC canonical form"},
    {"json", "key-sorted JSON canonical form"},
    {"prose", "raw bytes (no canonicalization)"},
    {"blob", "raw bytes (no canonicalization)"},
};
const Kind* find_kind(std::string_view name) {
  for (const Kind& k : kKinds)
    if (k.name == name) return &k;
  return nullptr;
}

// Not JSON: discarded. What is nested deeper than this counts as none, since writing it again recurses.
Json parse_json(const std::string& text) {
  constexpr int kDeepest = 1000;
  struct TooDeep {};
  const auto watch = [](int depth, Json::parse_event_t, Json&) { return depth <= kDeepest ? true : throw TooDeep(); };
  try {
    return Json::parse(text, watch, false);
  } catch (const TooDeep&) {
    return Json(Json::value_t::discarded);
  }
}

// What its address is the hash of; nothing when the text is not of the kind.
std::optional<std::string> canonical(const Kind& kind, const std::string& text, const CodeIdentity& identity) {
  if (kind.name == "omc_fn") return identity.canonical(text).value_or(text);
  if (kind.name != "json") return text;
  const Json parsed = parse_json(text);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<int64_t> parse_hex(const std::string& text) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, 16);
  if (text.empty() || text.size() > 16 || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<int64_t>(n);
}

struct Stored {
  std::string content;
  Json metadata;
  std::string kind() const { return metadata.value("kind", "omc_fn"); }
};

class Store {
 public:
  std::optional<Stored> find(int64_t hash) const {
    std::error_code why;
    auto content = stdlib::read_whole_file(path(hash, ".omc"), why);
    if (!content) return std::nullopt;
    const auto metadata = stdlib::read_whole_file(path(hash, ".json"), why);
    Json parsed = metadata ? parse_json(*metadata) : Json::object();
    if (!parsed.is_object()) parsed = Json::object();
    return Stored{std::move(*content), std::move(parsed)};
  }

  // The first text stored under an address stays: false when there is one. Throws std::system_error.
  bool add(int64_t hash, const std::string& content, const Json& metadata) const {
    if (stdlib::entry_exists(path(hash, ".omc"))) return false;
    std::error_code why;
    if (!stdlib::make_folder(folder_, why) || !stdlib::replace_file(path(hash, ".json"), metadata.dump(), why) ||
        !stdlib::replace_file(path(hash, ".omc"), content, why))
      throw std::system_error(why);
    return true;
  }

  std::vector<int64_t> hashes() const {
    std::vector<int64_t> all;
    std::error_code why;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_, why)) {
      const auto hash = parse_hex(entry.path().stem().string());
      if (entry.path().extension() == ".omc" && hash) all.push_back(*hash);
    }
    std::sort(all.begin(), all.end(), [](int64_t a, int64_t b) { return static_cast<uint64_t>(a) < static_cast<uint64_t>(b); });
    return all;
  }

  const std::string& folder() const { return folder_; }

 private:
  std::string path(int64_t hash, const char* extension) const { return folder_ + "/" + hex(hash) + extension; }
  std::string folder_ = store_folder();
};

Json metadata_of(int64_t hash, const Kind& kind, const std::string& text, const std::string& canonical_text,
                 const std::string& origin, const std::string& function) {
  const substrate::Nearest nearest = substrate::nearest(hash);
  Json m = {{"addressing", kind.addressing},
            {"attractor", std::to_string(nearest.attractor)},
            {"attractor_distance", std::to_string(nearest.distance)},
            {"canonical_bytes", canonical_text.size()},
            {"canonical_hash", std::to_string(hash)},
            {"kind", kind.name},
            {"origin_file", origin},
            {"source_bytes", text.size()}};
  if (!function.empty()) m["fn_name"] = function;
  return m;
}

// Of a stored function; empty for other texts.
std::string function_name(const Kind& kind, const std::string& content) {
  if (kind.name != "omc_fn") return {};
  const lang::Source source("entry", content);
  const auto found = lang::extract_functions(source);
  return found.empty() ? std::string() : found[0].name;
}

struct Kernel {
  const Options& options;
  Console& console;
  std::vector<std::string> words;  // behind the subcommand
  Store store = {};
  CodeIdentity identity{options};

  int ingest() {
    std::error_code why;
    if (!fs::is_directory(words[0], why)) return console.fail(1, "ingest: not a directory: {}", words[0]);
    size_t count = 0, fresh = 0;
    for (const std::string& path : analysis::find_files(words[0], {"target", "node_modules", ".git", "omc_modules"},
                                              [](std::string_view name) { return name.ends_with(".omc"); })) {
      std::string reason;
      const auto source = read(path, reason);
      if (!source) {
        console.error(fmt::format("ingest: cannot read {}: {}", path, reason));
        continue;
      }
      for (const lang::ExtractedFunction& f : lang::extract_functions(*source)) {
        const std::string text(source->text(f.span));
        const auto canonical_text = identity.canonical(text);
        if (!canonical_text) {
          console.error(fmt::format("ingest: {}:{}: fn {} does not parse alone", path, source->line(f.span.begin), f.name));
          continue;
        }
        const int64_t hash = substrate::fnv(*canonical_text);
        ++count;
        fresh += store.add(hash, text, metadata_of(hash, kKinds[0], text, *canonical_text, path, f.name));
      }
    }
    console.write(fmt::format("ingested {} fns: {} new, {} already present in store\nstore: {}\n", count, fresh, count - fresh,
                              store.folder()));
    return 0;
  }

  int put() {
    std::string path, kind_name = "prose";
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "--kind" && i + 1 < words.size()) kind_name = words[++i];
      else if (words[i].starts_with("--kind=")) kind_name = words[i].substr(7);
      else if (words[i].starts_with('-') || !path.empty()) return console.fail(2, "put: unknown argument: {}", words[i]);
      else path = words[i];
    }
    const Kind* kind = find_kind(kind_name);
    if (!kind) return console.fail(2, "put: unknown kind: {} (expected omc_fn, json, prose or blob)", kind_name);
    if (path.empty()) return usage_error();
    std::error_code why;
    const auto text = stdlib::read_whole_file(path, why);
    if (!text) return console.fail(1, "put: cannot read {}: {}", path, reason_text(why));
    const auto canonical_text = canonical(*kind, *text, identity);
    if (!canonical_text) return console.fail(2, "put: not JSON: {}", path);
    const int64_t hash = substrate::fnv(*canonical_text);
    const bool fresh = store.add(hash, *text, metadata_of(hash, *kind, *text, *canonical_text, path, ""));
    console.error(fmt::format("put: {} ({} bytes, kind={}, addressing={})", fresh ? "stored" : "exists", text->size(),
                              kind->name, kind->addressing));
    console.write(hex(hash) + "\n");
    return 0;
  }

  // The entry that the first word names; otherwise says why not, with the status.
  std::optional<Stored> named(const char* command, int& status) {
    const auto hash = parse_hex(words[0]);
    if (!hash) {
      status = console.fail(2, "{}: invalid hex hash: {}", command, words[0]);
      return std::nullopt;
    }
    auto found = store.find(*hash);
    if (!found) status = console.fail(1, "{}: not in store: {}", command, words[0]);
    return found;
  }
  void write_content(const std::string& content) {
    console.write(content);
    if (!content.ends_with('\n')) console.write("\n");
  }
  int fetch() {
    int status = 0;
    if (const auto found = named("fetch", status)) write_content(found->content);
    return status;
  }
  int stat() {
    int status = 0;
    if (const auto found = named("stat", status)) console.write(found->metadata.dump(2) + "\n");
    return status;
  }

  int list() {
    const auto hashes = store.hashes();
    if (hashes.empty()) {
      console.write(fmt::format("(store is empty: {})\n", store.folder()));
      return 0;
    }
    console.write(fmt::format("{} fn(s) in store at {}\n", hashes.size(), store.folder()));
    console.write(fmt::format("{:<18} {:>8}  {}\n", "canonical-hash", "bytes", "fn"));
    for (const int64_t hash : hashes) {
      const auto found = store.find(hash);
      if (!found) continue;
      const std::string function = found->metadata.value("fn_name", "");
      console.write(fmt::format("{:<18} {:>8}  {}\n", hex(hash), found->content.size(),
                                function.empty() ? found->kind() : "fn " + function));
    }
    return 0;
  }

  // Whether a content has this address, by today's canonical text or by that of earlier versions.
  bool has_address(const std::string& kind_name, const std::string& content, int64_t hash) const {
    const Kind* kind = find_kind(kind_name);
    if (!kind) return false;
    const auto text = canonical(*kind, content, identity);
    if (text && substrate::fnv(*text) == hash) return true;
    if (kind->name != "omc_fn") return false;
    const auto legacy = identity.legacy_canonical(content);
    return legacy && substrate::fnv(*legacy) == hash;
  }

  int verify() {
    std::string input;
    char buffer[1 << 16];
    while (const size_t n = std::fread(buffer, 1, sizeof buffer, stdin)) input.append(buffer, n);
    const Json message = parse_json(input);
    if (!message.is_object() || !message.contains("content_hash")) return console.fail(1, "verify: not a message: no JSON with a content_hash");
    const auto hash = decimal(message["content_hash"]);
    if (!hash) return console.fail(1, "verify: content_hash is no number");
    console.error(fmt::format("verify: content_hash = {}", hex(*hash)));
    const auto found = store.find(*hash);
    if (!found) return console.fail(1, "verify: not in store: {}", hex(*hash));
    if (!has_address(found->kind(), found->content, *hash)) return console.fail(1, "verify: STORE TAMPERED: {}", hex(*hash));
    console.error(fmt::format("verify: store hash matches; recovered {} bytes", found->content.size()));
    write_content(found->content);
    return 0;
  }

  static std::optional<int64_t> decimal(const Json& value) {
    if (value.is_number_integer()) return value.get<int64_t>();
    if (!value.is_string()) return std::nullopt;
    const std::string text = value.get<std::string>();
    int64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
  }

  int pack() {
    Json entries = Json::array();
    std::string chain;
    for (const int64_t hash : store.hashes()) {
      const auto found = store.find(hash);
      if (!found) continue;
      chain += hex(hash);
      entries.push_back({{"canonical_hash", hex(hash)},
                         {"kind", found->kind()},
                         {"attractor", std::to_string(substrate::nearest(hash).attractor)},
                         {"size_bytes", found->content.size()},
                         {"content", found->content}});
    }
    const int64_t envelope = substrate::fnv(chain);
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    const size_t count = entries.size();
    const Json bundle = {{"omcs_version", 1},
                         {"entry_count", count},
                         {"envelope_hash", hex(envelope)},
                         {"envelope_attractor", std::to_string(substrate::nearest(envelope).attractor)},
                         {"created_at_unix", now.count()},
                         {"entries", std::move(entries)}};
    std::string text;
    try {
      text = bundle.dump();
    } catch (const Json::exception&) {
      return console.fail(1, "pack: the store holds bytes that are no UTF-8 text");
    }
    std::error_code why;
    if (!stdlib::replace_file(words[0], text, why)) return console.fail(1, "pack: cannot write {}: {}", words[0], reason_text(why));
    console.write(fmt::format("packed {} entries into {} ({} bytes); envelope_hash={}\n", count, words[0], text.size(), hex(envelope)));
    return 0;
  }

  int unpack() {
    std::error_code why;
    const auto text = stdlib::read_whole_file(words[0], why);
    if (!text) return console.fail(1, "unpack: cannot read {}: {}", words[0], reason_text(why));
    const Json bundle = parse_json(*text);
    if (!bundle.is_object() || !bundle.contains("entries") || !bundle["entries"].is_array())
      return console.fail(1, "unpack: not a bundle: {}", words[0]);
    if (bundle.value("omcs_version", Json()) != 1) return console.fail(1, "unpack: unknown omcs_version");
    std::string chain;
    for (const Json& e : bundle["entries"])
      if (e.is_object() && e.contains("canonical_hash") && e["canonical_hash"].is_string()) chain += e["canonical_hash"].get<std::string>();
    if (bundle.value("envelope_hash", Json()) != hex(substrate::fnv(chain))) return console.fail(1, "unpack: ENVELOPE TAMPERED");
    console.error(fmt::format("unpack: envelope verified ({} entries)", bundle["entries"].size()));
    size_t fresh = 0, known = 0, tampered = 0;
    for (const Json& e : bundle["entries"]) {
      const auto field = [&](const char* key) {
        return e.is_object() && e.contains(key) && e[key].is_string() ? e[key].get<std::string>() : std::string();
      };
      const auto hash = parse_hex(field("canonical_hash"));
      const std::string content = field("content"), kind_name = field("kind");
      if (!hash || !has_address(kind_name, content, *hash)) {
        ++tampered;
        continue;
      }
      const Kind& kind = *find_kind(kind_name);
      const std::string canonical_text = *canonical(kind, content, identity), function = function_name(kind, content);
      const bool added = store.add(*hash, content, metadata_of(*hash, kind, content, canonical_text, words[0], function));
      // An entry of an earlier version is found under today's address too.
      const int64_t today = substrate::fnv(canonical_text);
      if (today != *hash) store.add(today, content, metadata_of(today, kind, content, canonical_text, words[0], function));
      ++(added ? fresh : known);
    }
    console.write(fmt::format("unpacked {} entries: {} new, {} already in store, {} tampered (skipped)\n",
                              bundle["entries"].size(), fresh, known, tampered));
    return tampered ? 2 : 0;
  }

  int usage_error();
};

struct Row {
  std::string_view name, arguments, summary;
  size_t least;  // arguments
  int (Kernel::*run)();
};
constexpr Row kRows[] = {
    {"ingest", "DIR", "stores every function of the .omc files below DIR", 1, &Kernel::ingest},
    {"put", "FILE [--kind omc_fn|json|prose|blob]", "stores a file; prints its hash", 1, &Kernel::put},
    {"fetch", "HASH", "prints what is stored", 1, &Kernel::fetch},
    {"stat", "HASH", "prints what is known of it", 1, &Kernel::stat},
    {"ls", "", "lists the store", 0, &Kernel::list},
    {"verify", "", "checks the message on standard input; prints the source it names", 0, &Kernel::verify},
    {"pack", "OUT", "writes the store into one file", 1, &Kernel::pack},
    {"unpack", "IN", "stores what such a file holds", 1, &Kernel::unpack},
};

std::string usage() {
  std::string text = "Usage: omc kernel <command>\n\n";
  for (const Row& row : kRows) text += fmt::format("  {:<42} {}\n", fmt::format("{} {}", row.name, row.arguments), row.summary);
  return text;
}

int Kernel::usage_error() {
  std::string text = usage();
  text.pop_back();
  return console.fail(2, "{}", text);
}

int kernel(const Options& options, Console& console) {
  const std::vector<std::string>& words = options.positionals;
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    console.write(usage());
    return 0;
  }
  Kernel kernel{options, console, {words.begin() + (words.empty() ? 0 : 1), words.end()}};
  for (const Row& row : kRows)
    if (!words.empty() && words[0] == row.name && kernel.words.size() >= row.least) {
      try {
        return (kernel.*row.run)();
      } catch (const std::system_error& e) {
        return console.fail(1, "{}: cannot write {}: {}", row.name, kernel.store.folder(), reason_text(e.code()));
      }
    }
  return kernel.usage_error();
}

const Command kRow("kernel", "", "ingest | put | fetch | ls | ...", "content store of functions: see `omc kernel --help`", kernel);

}  // namespace
}  // namespace omc::tools
