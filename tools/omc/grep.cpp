// `omc grep`: functions that occur more than once, by the hash of their canonical text (command-line reference, section
// 11; memory and servers, section 3).

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "analysis/find_files.hpp"
#include "lang/extract.hpp"
#include "omc/code_identity.hpp"
#include "omc/command.hpp"
#include "omc/session.hpp"
#include "substrate/attractors.hpp"
#include "substrate/hash.hpp"

namespace omc::tools {

namespace {

constexpr std::string_view kUsage = "Usage: omc grep [--body-only] [--near N] [--min-cluster K] DIR";

struct Entry {
  std::string name, path;
  uint32_t line;
  int64_t hash;
};

struct Request {
  bool body_only = false;
  uint64_t near = 0;
  size_t least = 2;  // members of a cluster
  std::string folder;
};

std::optional<Request> parse_request(const std::vector<std::string>& words) {
  Request r;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string flag = words[i].substr(0, words[i].find('='));
    if (words[i] == "--body-only") {
      r.body_only = true;
    } else if (flag == "--near" || flag == "--min-cluster") {
      const bool joined = words[i].size() > flag.size();
      if (!joined && i + 1 == words.size()) return std::nullopt;
      const auto n = parse_count(joined ? words[i].substr(flag.size() + 1) : words[++i], flag == "--near" ? 0 : 1);
      if (!n) return std::nullopt;
      if (flag == "--near") r.near = *n;
      else r.least = *n;
    } else if (words[i].starts_with('-') || !r.folder.empty()) {
      return std::nullopt;
    } else {
      r.folder = words[i];
    }
  }
  return r.folder.empty() ? std::nullopt : std::optional(r);
}

// From the first `{` of a canonical function to its `}`, which ends it.
std::string_view body_of(std::string_view canonical) {
  const size_t open = canonical.find('{'), close = canonical.rfind('}');
  return canonical.substr(open, close - open + 1);
}

std::vector<Entry> collect(const Request& request, const std::vector<std::string>& paths, const CodeIdentity& identity,
                           Console& console) {
  std::vector<Entry> entries;
  for (const std::string& path : paths) {
    std::string reason;
    const auto source = read(path, reason);
    if (!source) {
      console.error(fmt::format("omc grep: cannot read {}: {}", path, reason));
      continue;
    }
    for (const lang::ExtractedFunction& f : lang::extract_functions(*source)) {
      const uint32_t line = source->line(f.span.begin);
      const auto canonical = identity.canonical(source->text(f.span));
      if (!canonical) console.error(fmt::format("omc grep: {}:{}: fn {} does not parse alone", path, line, f.name));
      else entries.push_back({f.name, path, line, substrate::fnv(request.body_only ? body_of(*canonical) : *canonical)});
    }
  }
  return entries;
}

std::string members_line(const std::vector<const Entry*>& members) {
  std::set<std::string> names;
  for (const Entry* e : members) names.insert(e->name);
  std::string how = fmt::format("(copies of `{}`)", *names.begin());
  if (names.size() > 1) {
    how = fmt::format("(alpha-equivalent across {} names: ", names.size());
    for (const std::string& name : names) how += name + (name == *names.rbegin() ? ")" : ", ");
  }
  const substrate::Nearest nearest = substrate::nearest(members[0]->hash);
  return fmt::format("  hash={}  attr={}  dist={}  members={}  {}\n", hex(members[0]->hash), nearest.attractor,
                     nearest.distance, members.size(), how);
}

std::string place(const Entry& e) { return fmt::format("    {}:{}  fn {}\n", e.path, e.line, e.name); }

using Clusters = std::map<int64_t, std::vector<const Entry*>>;

void show_exact(const Clusters& by_hash, const Request& request, Console& console) {
  std::vector<const std::vector<const Entry*>*> clusters;
  for (const auto& [hash, members] : by_hash)
    if (members.size() >= request.least) clusters.push_back(&members);
  std::stable_sort(clusters.begin(), clusters.end(), [](const auto* a, const auto* b) { return a->size() > b->size(); });
  console.write(fmt::format("=== EXACT clusters ({} cluster{}, threshold ≥{}) ===\n", clusters.size(),
                            clusters.size() == 1 ? "" : "s", request.least));
  for (const auto* members : clusters) {
    console.write("\n" + members_line(*members));
    for (const Entry* e : *members) console.write(place(*e));
  }
}

void show_near(const Clusters& by_hash, uint64_t limit, Console& console) {
  console.write(fmt::format("\n=== NEAR clusters (substrate distance ≤ {}, excluding exact dupes) ===\n", limit));
  for (auto a = by_hash.begin(); a != by_hash.end(); ++a) {
    const int64_t attractor = substrate::nearest(a->first).attractor;
    for (auto b = std::next(a); b != by_hash.end(); ++b) {
      const uint64_t distance = static_cast<uint64_t>(b->first) - static_cast<uint64_t>(a->first);
      if (distance > limit) break;  // hashes are in order
      if (substrate::nearest(b->first).attractor != attractor) continue;
      console.write(fmt::format("\n  attr={}  distance={}\n", attractor, distance));
      console.write(place(*a->second[0]) + place(*b->second[0]));
    }
  }
}

int grep(const Options& options, Console& console) {
  if (options.positionals.size() == 1 && (options.positionals[0] == "--help" || options.positionals[0] == "-h")) {
    console.write(std::string(kUsage) + "\n");
    return 0;
  }
  const auto request = parse_request(options.positionals);
  if (!request) return console.fail(2, "{}", kUsage);
  std::error_code why;
  if (!std::filesystem::is_directory(request->folder, why)) return console.fail(1, "not a directory: {}", request->folder);
  const auto paths = analysis::find_files(request->folder, {"target", "node_modules", ".git", "__pycache__", "omc_modules"},
                                [](std::string_view name) { return name.ends_with(".omc"); });
  console.write(fmt::format("omc-grep: scanning {} (.omc files: {})  mode: {}\n", request->folder, paths.size(),
                            request->body_only ? "body-only (alpha-equivalent across DIFFERENT NAMES)"
                                               : "full-canonical (same name + same body)"));
  const std::vector<Entry> entries = collect(*request, paths, CodeIdentity(options), console);
  if (entries.empty()) {
    console.write("\n  no top-level fns found\n");
    return 0;
  }
  Clusters by_hash;
  for (const Entry& e : entries) by_hash[e.hash].push_back(&e);
  console.write("\n");
  show_exact(by_hash, *request, console);
  if (request->near > 0) show_near(by_hash, request->near, console);
  const size_t duplicates = entries.size() - by_hash.size();
  console.write(fmt::format(
      "\n=== Summary ===\n  files scanned:    {}\n  fns extracted:    {}\n  unique canonical: {}\n  duplicate fns:    {} ({:.1f}% redundant)\n",
      paths.size(), entries.size(), by_hash.size(), duplicates,
      100.0 * static_cast<double>(duplicates) / static_cast<double>(entries.size())));
  return 0;
}

const Command kRow("grep", "", "[--body-only] [--near N] [--min-cluster K] DIR", "finds duplicate functions", grep);

}  // namespace
}  // namespace omc::tools
