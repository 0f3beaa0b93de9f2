// --bench: times the functions bench_* of files (command-line reference, section 7.3).

#include <algorithm>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "omc/command.hpp"
#include "omc/session.hpp"
#include "omc/suite.hpp"
#include "stdlib/file_io.hpp"

namespace omc::tools {

namespace {

constexpr size_t kRunsToCompare = 15;

bool is_count(Options&, std::string_view text) { return parse_count(text, 1).has_value(); }

const Option kRuns("--runs", "N", "--bench", "times each bench N times, after one run to warm up; shows median and spread", is_count);
const Option kSave("--save", "FILE", "--bench", "keeps the times, for --compare");
const Option kCompare("--compare", "FILE", "--bench", "against the times kept there: faster, slower, or lost in noise");

using Times = std::vector<double>;                            // milliseconds
using Saved = std::map<std::string, std::map<std::string, Times>>;  // path -> bench

double median(Times times) {
  std::sort(times.begin(), times.end());
  const size_t n = times.size();
  return n % 2 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2;
}

// Half of the times lie within this of the median: a few slow runs do not move it.
double median_deviation(const Times& times) {
  const double middle = median(times);
  Times deviations;
  for (const double t : times) deviations.push_back(std::abs(t - middle));
  return median(deviations);
}

// H. B. Mann, D. R. Whitney, On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other,
// Annals of Mathematical Statistics 18, 1947: how many standard deviations U is from what chance gives, normal
// approximation with ties. Ranks, not times: no assumption on how the noise of a machine is distributed.
double mann_whitney_z(const Times& a, const Times& b) {
  struct Ranked {
    double time;
    bool of_a;
  };
  std::vector<Ranked> all;
  for (const double t : a) all.push_back({t, true});
  for (const double t : b) all.push_back({t, false});
  std::sort(all.begin(), all.end(), [](const Ranked& x, const Ranked& y) { return x.time < y.time; });
  const double n = static_cast<double>(all.size()), na = static_cast<double>(a.size()), nb = static_cast<double>(b.size());
  double rank_sum = 0, ties = 0;
  for (size_t i = 0, j; i < all.size(); i = j) {
    for (j = i; j < all.size() && all[j].time == all[i].time; ++j) {}
    const double count = static_cast<double>(j - i), rank = static_cast<double>(i + j + 1) / 2;
    ties += count * count * count - count;
    for (size_t k = i; k < j; ++k) rank_sum += all[k].of_a ? rank : 0;
  }
  const double u = rank_sum - na * (na + 1) / 2;
  const double variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
  return variance > 0 ? (u - na * nb / 2) / std::sqrt(variance) : 0;
}

// Both are needed: a difference that chance hardly explains (p < 0.005), and one that matters.
std::string verdict(const Times& before, const Times& now) {
  constexpr double kSurprising = 2.81, kMatters = 0.02;
  const double ratio = median(now) / median(before);
  const double z = mann_whitney_z(before, now);
  if (std::abs(z) < kSurprising || std::abs(ratio - 1) < kMatters) return fmt::format("no difference ({:+.1f}%, within noise)", 100 * (ratio - 1));
  return ratio < 1 ? fmt::format("faster: {:.2f}x", 1 / ratio) : fmt::format("SLOWER: {:.2f}x", ratio);
}

struct Bench {
  const Options& options;
  Console& console;
  size_t runs = 1;
  Saved before = {}, now = {};

  // Nothing when it raised an error.
  std::optional<Times> time(const Suite& suite, const std::string& name, std::string& error) {
    Times times;
    const size_t warm_up = runs > 1 ? 1 : 0;
    for (size_t i = 0; i < runs + warm_up; ++i) {
      // What it prints is shown once.
      const Outcome outcome = run_one(suite, name, options, console, i > 0);
      if (!outcome.passed()) {
        error = outcome.error;
        return std::nullopt;
      }
      if (i >= warm_up) times.push_back(outcome.milliseconds);
    }
    return times;
  }

  int file(const std::string& path) {
    const Suite suite = load_suite(path, "bench_", options);
    if (!suite.unreadable.empty()) return console.fail(2, "bench: read {}: {}", path, suite.unreadable);
    if (!suite.unparsable.empty()) return console.fail(2, "bench: parse {}: {}", path, suite.unparsable);
    if (suite.names.empty()) {
      console.write(fmt::format("bench: no `fn bench_*()` functions in {}\n", path));
      return 0;
    }
    console.write(fmt::format("running {} bench(es) from {}\n", suite.names.size(), path));
    int status = 0;
    for (const std::string& name : suite.names) {
      std::string error;
      const auto times = time(suite, name, error);
      if (!times) {
        console.write(fmt::format("  {:<30}  ERROR: {}\n", name, error));
        status = 1;
        continue;
      }
      std::string line = fmt::format("  {:<30}  {:>8.2f} ms", name, median(*times));
      if (runs > 1) line += fmt::format("  ± {:.2f} ms  ({} runs)", median_deviation(*times), runs);
      if (options.given("--compare")) {
        const auto& known = before[path];
        const auto old = known.find(name);
        line += "  " + (old == known.end() || old->second.empty() ? "new" : verdict(old->second, *times));
      }
      console.write(line + "\n");
      console.flush();
      now[path][name] = *times;
    }
    return status;
  }
};

int bench(const Options& options, Console& console) {
  Bench bench{options, console};
  const std::string* compared = options.value("--compare");
  const std::string* saved = options.value("--save");
  if (const std::string* runs = options.value("--runs")) bench.runs = *parse_count(*runs, 1);
  else if (compared || saved) bench.runs = kRunsToCompare;
  std::error_code why;
  if (compared) {
    const auto text = stdlib::read_whole_file(*compared, why);
    if (!text) return console.fail(2, "bench: read {}: {}", *compared, reason_text(why));
    try {
      bench.before = nlohmann::json::parse(*text).get<Saved>();
    } catch (const nlohmann::json::exception&) {
      return console.fail(2, "bench: not written by --save: {}", *compared);
    }
  }
  int status = 0;
  for (const std::string& path : options.positionals) status = std::max(status, bench.file(path));
  if (saved && !stdlib::replace_file(*saved, nlohmann::json(bench.now).dump(1) + "\n", why))
    status = console.fail(1, "bench: cannot write {}: {}", *saved, reason_text(why));
  return status;
}

const Command kRow("--bench", "-b", "FILE...", "times the functions bench_* of files", bench);

}  // namespace
}  // namespace omc::tools
