#include "analysis/find_files.hpp"
#include "omc/test_run.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <map>
#include <thread>

#include <nlohmann/json.hpp>

#include "omc/html.hpp"
#include "omc/library_path.hpp"
#include "omc/session.hpp"
#include "stdlib/file_io.hpp"
#include "stdlib/os_text.hpp"

namespace omc::tools {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostJobs = 256;

bool is_jobs(Options&, std::string_view text) {
  const auto n = parse_count(text, 1);
  return n && *n <= kMostJobs;
}
bool is_count(Options&, std::string_view text) { return parse_count(text, 1).has_value(); }

const Option kJobs("--jobs", "N", "--test --test-all", "N tests at a time, each in a process of its own", is_jobs);
const Option kFailFast("--fail-fast", "", "--test --test-all", "ends with the first test that fails");
const Option kJunit("--junit", "FILE", "--test --test-all", "writes a report in the XML form of JUnit");
const Option kSlowest("--slowest", "N", "--test --test-all", "lists the N slowest tests at the end", is_count);
const Option kCoverage("--coverage", "", "--test --test-all", "shows which lines and branches the tests reached");
const Option kCoverageHtml("--coverage-html", "DIR", "--test --test-all", "the same as pages");
const Option kCoverageLcov("--coverage-lcov", "FILE", "--test --test-all", "the same as a tracefile of lcov");
const Option kWatch("--watch", "", "--test --test-all", "runs again whenever a .omc file changes");

// A file without a name, to carry what a child process writes.
class Carrier {
 public:
  Carrier() : number_(memfd_create("omc-test", MFD_CLOEXEC)) {
    if (number_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  }
  Carrier(Carrier&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Carrier& operator=(Carrier&&) = delete;
  ~Carrier() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::write(number_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      text.remove_prefix(static_cast<size_t>(n));
    }
  }
  std::string read_all() const {
    std::string text;
    char buffer[1 << 16];
    off_t at = 0;
    for (ssize_t n; (n = ::pread(number_, buffer, sizeof buffer, at)) > 0; at += n) text.append(buffer, static_cast<size_t>(n));
    return text;
  }

 private:
  int number_;
};

struct Child {
  pid_t pid;
  Carrier output, errors, result;
};

nlohmann::json packed(const Outcome& o, const Coverage* coverage) {
  nlohmann::json j = {{"error", o.error}, {"details", o.details}, {"warning", o.warning}, {"ms", o.milliseconds}};
  if (coverage) j["coverage"] = coverage->counts();
  return j;
}

std::string signal_text(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : fmt::format("signal {}", signal);
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  // XML 1.0, section 2.2: no other control characters may stand in a document, however written.
  for (const char c : html_escaped(text))
    if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
  return out;
}

}  // namespace

TestRun::TestRun(const Options& options, Console& console) : options_(options), console_(console) {
  if (options.given("--coverage") || options.given("--coverage-html") || options.given("--coverage-lcov"))
    coverage_ = std::make_unique<Coverage>(library_path());
  if (const std::string* jobs = options.value("--jobs")) jobs_ = *parse_count(*jobs, 1);
}

void TestRun::end(const TestTask& task, Outcome outcome, TestListener& listener) {
  if (!outcome.warning.empty()) console_.error(outcome.warning);
  listener.ended(task, outcome);
  stopped_ |= !outcome.passed() && options_.given("--fail-fast");
  records_.push_back({task.suite->path, task.name, std::move(outcome)});
}

void TestRun::broken(const std::string& path, const std::string& why) {
  Outcome outcome;
  outcome.error = why;
  records_.push_back({path, "", std::move(outcome)});
}

void TestRun::run(const std::vector<TestTask>& tasks, TestListener& listener) {
  if (jobs_ > 1) return run_in_processes(tasks, listener);
  for (const TestTask& task : tasks) {
    if (stopped_) return;
    listener.starts(task);
    const bool capture = options_.json || options_.given("--junit");
    Outcome outcome = run_one(*task.suite, task.name, options_, console_, capture, coverage_.get());
    if (!options_.json) console_.write(outcome.output);
    end(task, std::move(outcome), listener);
  }
}

// The next test starts as soon as a process is free; what they print and how they ended is shown in the order of the tasks.
void TestRun::run_in_processes(const std::vector<TestTask>& tasks, TestListener& listener) {
  std::map<size_t, Child> running;
  std::map<size_t, Outcome> ended;
  std::map<size_t, std::string> errors;
  size_t next = 0, shown = 0;
  bool failed = false;
  const auto start = [&](size_t i) {
    Child child{0, {}, {}, {}};
    console_.flush();
    child.pid = ::fork();
    if (child.pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child.pid == 0) {
      ::dup2(child.output.number(), STDOUT_FILENO);
      ::dup2(child.errors.number(), STDERR_FILENO);
      if (coverage_) coverage_->clear_counts();
      const Outcome outcome = run_one(*tasks[i].suite, tasks[i].name, options_, console_, false, coverage_.get());
      console_.flush();
      child.result.write(packed(outcome, coverage_.get()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      ::_exit(0);
    }
    running.emplace(i, std::move(child));
  };
  const auto collect = [&](size_t i, int status) {
    const Child& child = running.at(i);
    Outcome outcome;
    const auto result = nlohmann::json::parse(child.result.read_all(), nullptr, false);
    if (result.is_object()) {
      outcome.error = result["error"], outcome.details = result["details"], outcome.warning = result["warning"];
      outcome.milliseconds = result["ms"];
      if (coverage_) coverage_->add(result["coverage"].get<std::map<std::string, std::vector<uint64_t>>>());
    } else {
      outcome.error = WIFSIGNALED(status) ? "the process of the test was ended by " + signal_text(WTERMSIG(status))
                                          : fmt::format("the process of the test ended with status {}", WEXITSTATUS(status));
    }
    outcome.output = child.output.read_all();
    errors[i] = child.errors.read_all();
    failed |= !outcome.passed();
    ended.emplace(i, std::move(outcome));
    running.erase(i);
  };
  while (shown < tasks.size()) {
    const bool stop = failed && options_.given("--fail-fast");
    while (!stop && next < tasks.size() && running.size() < jobs_) start(next++);
    if (!running.empty()) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, 0);
      if (pid < 0 && errno != EINTR) break;
      const auto found = std::find_if(running.begin(), running.end(), [&](const auto& r) { return r.second.pid == pid; });
      if (found != running.end()) collect(found->first, status);
    }
    for (auto i = ended.find(shown); i != ended.end() && !stopped_; i = ended.find(++shown)) {
      listener.starts(tasks[shown]);
      if (!options_.json) console_.write(i->second.output);
      std::string& text = errors[shown];
      if (text.ends_with('\n')) text.pop_back();
      if (!text.empty()) console_.error(text);
      end(tasks[shown], std::move(i->second), listener);
    }
    if (running.empty() && (stop || stopped_ || next == tasks.size())) break;
  }
}

std::string TestRun::junit() const {
  std::map<std::string, std::vector<const Record*>> files;
  for (const Record& r : records_) files[r.path].push_back(&r);
  const auto failures = [](const auto& list) { return std::count_if(list.begin(), list.end(), [](const auto* r) { return !r->outcome.passed(); }); };
  const auto seconds = [](const auto& list) {
    double sum = 0;
    for (const auto* r : list) sum += r->outcome.milliseconds / 1000;
    return sum;
  };
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& [path, list] : files) {
    text += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n", xml_escaped(path), list.size(),
                        failures(list), seconds(list));
    for (const Record* r : list) {
      const Outcome& o = r->outcome;
      text += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", xml_escaped(path),
                          xml_escaped(r->name.empty() ? "(load)" : r->name), o.milliseconds / 1000);
      if (o.passed() && o.output.empty()) {
        text += "/>\n";
        continue;
      }
      text += ">\n";
      if (!o.passed()) text += fmt::format("      <failure message=\"{}\">{}</failure>\n", xml_escaped(o.error), xml_escaped(o.details));
      if (!o.output.empty()) text += fmt::format("      <system-out>{}</system-out>\n", xml_escaped(o.output));
      text += "    </testcase>\n";
    }
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

int TestRun::finish() {
  int status = 0;
  std::error_code why;
  const auto write = [&](const std::string& path, const std::string& text) {
    if (!stdlib::replace_file(path, text, why)) status = console_.fail(1, "test: cannot write {}: {}", path, reason_text(why));
  };
  if (const std::string* path = options_.value("--junit")) write(*path, junit());
  if (const std::string* count = options_.value("--slowest"); count && !options_.json) {
    std::vector<const Record*> slow;
    for (const Record& r : records_) slow.push_back(&r);
    std::stable_sort(slow.begin(), slow.end(), [](const Record* a, const Record* b) { return a->outcome.milliseconds > b->outcome.milliseconds; });
    slow.resize(std::min(slow.size(), *parse_count(*count, 1)));
    console_.write("\nslowest tests:\n");
    for (const Record* r : slow) console_.write(fmt::format("  {:>9.2f} ms  {}  {}\n", r->outcome.milliseconds, r->path, r->name));
  }
  if (!coverage_) return status;
  if (!options_.json) console_.write(coverage_->table());
  if (const std::string* path = options_.value("--coverage-lcov")) write(*path, coverage_->lcov());
  std::string reason;
  if (const std::string* folder = options_.value("--coverage-html"); folder && !coverage_->write_html(*folder, reason))
    status = console_.fail(1, "test: {}", reason);
  return status;
}

int watch(const std::vector<std::string>& paths, Console& console, const std::function<int()>& run) {
  const auto stamp = [&] {
    std::map<std::string, fs::file_time_type> times;
    for (const std::string& path : paths) {
      std::error_code why;
      std::string folder = fs::is_directory(path, why) ? path : fs::path(path).parent_path().string();
      if (folder.empty()) folder = ".";
      for (const std::string& file : analysis::find_files(folder, {"target", "node_modules", ".git"}, [](std::string_view name) { return name.ends_with(".omc"); }))
        times[file] = fs::last_write_time(file, why);
    }
    return times;
  };
  auto seen = stamp();
  for (;;) {
    run();
    console.error(fmt::format("watching {} files; Ctrl-C ends", seen.size()));
    for (auto now = stamp(); now == seen; now = stamp()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    seen = stamp();
  }
}

}  // namespace omc::tools
