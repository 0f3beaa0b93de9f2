// Runs the programs under tests/conformance/ with the built omc, each in its own folder, and compares what comes out
// with the files beside it (conformance/README.md). conformance/expected.txt says which, and under which further
// settings.
//
// Every program is a test case of its own, FOLDER/NAME. Boost.Test takes its cases one by one, so the programs run
// ahead of it on all cores, in the same order, and a case only waits for its own.
//
//   test_conformance --run_test=language/closure_*     some of them
//   test_conformance -- --update                       write the expected files anew; the diff is what gets reviewed
#include <fcntl.h>  // O_RDONLY
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // kill
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>  // pipe2, environ

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iomanip>  // quoted
#include <map>
#include <set>
#include <sstream>
#include <thread>

namespace {

namespace fs = std::filesystem;
namespace ut = boost::unit_test;
using Clock = std::chrono::steady_clock;

const fs::path kCases = OMC_CASES;
constexpr auto kTimeLimit = std::chrono::seconds(OMC_CASE_SECONDS);

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> all;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

struct Case {
  fs::path program;
  std::string setting;  // one more flag, or none

  fs::path beside(const char* extension) const { return fs::path(program).replace_extension(extension); }
};

struct Outcome {
  std::string output, errors;
  int status = 0;  // minus the signal that ended it
  bool in_time = true;
};

// -- Running a program ------------------------------------------------------------------------------------------------

struct Pipe {
  std::array<int, 2> end{};
  Pipe() { BOOST_REQUIRE(pipe2(end.data(), O_CLOEXEC) == 0); }  // else a program started meanwhile would hold it open
  ~Pipe() {
    close(end[0]);
    close_writer();
  }
  void close_writer() {
    if (end[1] >= 0) close(std::exchange(end[1], -1));
  }
};

std::vector<std::string> environment() {
  std::vector<std::string> all = {"OMC_NO_PYTHON=1", "NO_COLOR=1"};
  for (char** variable = environ; *variable; ++variable)
    if (!std::string_view(*variable).starts_with("OMC_NO_PYTHON=") &&
        !std::string_view(*variable).starts_with("NO_COLOR="))
      all.push_back(*variable);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

pid_t start(const Case& c, Pipe& output, Pipe& errors) {
  std::vector<std::string> words = {OMC_PROGRAM};
  if (!c.setting.empty()) words.push_back(c.setting);
  std::istringstream args(contents(c.beside(".args")));
  for (std::string word; args >> std::quoted(word);) words.push_back(word);  // "a b" is one word
  words.push_back(c.program.filename());
  std::vector<std::string> variables = environment();

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addchdir_np(&files, c.program.parent_path().c_str());
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output.end[1], 1);
  posix_spawn_file_actions_adddup2(&files, errors.end[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // so that its own children can be ended with it
  pid_t pid = 0;
  const int why =
      posix_spawn(&pid, OMC_PROGRAM, &files, &attributes, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (why != 0) throw std::system_error(why, std::generic_category(), OMC_PROGRAM);
  output.close_writer();
  errors.close_writer();
  return pid;
}

// Reads both pipes until the program and its children have closed them; false when the time is over.
bool read_all(Pipe& output, Pipe& errors, Outcome& outcome, Clock::time_point end) {
  std::array<pollfd, 2> open = {{{output.end[0], POLLIN, 0}, {errors.end[0], POLLIN, 0}}};
  std::array<char, 1 << 16> buffer;
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0 || poll(open.data(), open.size(), static_cast<int>(left)) == 0) return false;
    for (pollfd& one : open) {
      if (one.revents == 0) continue;
      const ssize_t n = read(one.fd, buffer.data(), buffer.size());
      if (n > 0) (&one == open.data() ? outcome.output : outcome.errors).append(buffer.data(), static_cast<size_t>(n));
      if (n == 0) one.fd = -1;  // poll passes over it
    }
  }
  return true;
}

Outcome run(const Case& c) {
  Outcome outcome;
  Pipe output, errors;
  const pid_t pid = start(c, output, errors);
  const auto end = Clock::now() + kTimeLimit;
  outcome.in_time = read_all(output, errors, outcome, end);
  int status = 0;
  pid_t ended = 0;
  while (outcome.in_time && (ended = waitpid(pid, &status, WNOHANG)) == 0) {  // pipes closed, but not ended yet
    outcome.in_time = Clock::now() < end;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  if (!outcome.in_time) {
    kill(-pid, SIGKILL);
    if (ended == 0) waitpid(pid, &status, 0);
  }
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return outcome;
}

// -- Comparing --------------------------------------------------------------------------------------------------------

// The lines between the common start and the common end, a few of each side, after one line of context.
std::string difference(const std::string& expected, const std::string& got) {
  const auto want = lines(expected), have = lines(got);
  if (want == have) return "the output differs in the newline at its end";
  size_t first = 0, want_end = want.size(), have_end = have.size();
  while (first < std::min(want_end, have_end) && want[first] == have[first]) ++first;
  while (std::min(want_end, have_end) > first && want[want_end - 1] == have[have_end - 1]) --want_end, --have_end;

  std::string text = fmt::format("line {} of the output, - expected, + got:\n", first + 1);
  const auto show = [&](char mark, const std::vector<std::string>& from, size_t begin, size_t end) {
    for (size_t i = begin; i < std::min(end, begin + 6); ++i) text += fmt::format("{} {:.200}\n", mark, from[i]);
    if (end > begin + 6) text += fmt::format("{} ... {} more lines\n", mark, end - begin - 6);
  };
  if (first > 0) show(' ', want, first - 1, first);
  show('-', want, first, want_end);
  show('+', have, first, have_end);
  text.pop_back();
  return text;
}

int expected_status(const Case& c) {
  int status = 0;
  std::istringstream(contents(c.beside(".exit"))) >> status;
  return status;
}

// Why the outcome is not the expected one; empty when it is.
std::string complaint(const Case& c, const Outcome& got) {
  if (!got.in_time) return fmt::format("no end within {} s", kTimeLimit.count());
  std::string why;
  if (const std::string want = contents(c.beside(".out")); got.output != want)
    why += '\n' + difference(want, got.output);
  if (got.status != expected_status(c))
    why += fmt::format("\nexit status {}, expected {}", got.status, expected_status(c));
  for (const std::string& part : lines(contents(c.beside(".stderr"))))
    if (got.errors.find(part) == std::string::npos) why += "\nstandard error lacks: " + part;
  if (!why.empty() && !got.errors.empty()) why += fmt::format("\nstandard error: {:.600}", got.errors);
  return why;
}

void update(const Case& c, const Outcome& got) {
  std::ofstream(c.beside(".out"), std::ios::binary) << got.output;
  if (got.status != expected_status(c)) std::ofstream(c.beside(".exit")) << got.status << '\n';
}

// -- The cases and their runs -----------------------------------------------------------------------------------------

struct Run {
  Case what;
  std::promise<Outcome> promise;
  std::future<Outcome> outcome = promise.get_future();
};

std::map<ut::test_unit_id, Run> runs;

// Ids of the cases that the command line selects, in the order in which Boost.Test takes them.
struct Selected : ut::test_tree_visitor {
  std::vector<ut::test_unit_id> ids;
  void visit(const ut::test_case& c) override {
    if (runs.contains(c.p_id)) ids.push_back(c.p_id);
  }
};

struct RunAhead {
  Selected selected;
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;

  RunAhead() {
    ut::traverse_test_tree(ut::framework::master_test_suite().p_id, selected);
    for (unsigned left = std::max(1u, std::thread::hardware_concurrency()); left > 0; --left)
      threads.emplace_back([this] {
        for (size_t i; (i = next++) < selected.ids.size();) work(runs.at(selected.ids[i]));
      });
  }
  ~RunAhead() {
    next = selected.ids.size();
    for (std::thread& t : threads) t.join();
  }
  static void work(Run& r) try { r.promise.set_value(run(r.what)); } catch (...) {
    r.promise.set_exception(std::current_exception());
  }
};
BOOST_TEST_GLOBAL_FIXTURE(RunAhead);

bool update_requested() {
  const auto& all = ut::framework::master_test_suite();
  return std::any_of(all.argv, all.argv + all.argc,
                     [](const char* word) { return word == std::string_view("--update"); });
}

void add_case(ut::test_suite& suite, const Case& what) {
  const std::string name = what.program.stem();
  ut::test_case* added = ut::make_test_case(
      [] {
        Run& r = runs.at(ut::framework::current_test_unit().p_id);
        const Outcome got = r.outcome.get();
        if (update_requested() && r.what.setting.empty() && got.in_time) return update(r.what, got);
        const std::string why = complaint(r.what, got);
        BOOST_TEST(why.empty(), why);
      },
      name, what.program.string(), 1);
  runs[added->p_id].what = what;
  suite.add(added);
}

struct Expected {
  struct Folder {
    std::string name;
    std::vector<std::string> settings = {""};
  };
  std::vector<Folder> folders;
  std::map<std::string, std::set<std::string>> left_out;  // FOLDER/NAME -> settings; "" is every setting
};

Expected read_expected(const fs::path& file) {
  Expected expected;
  for (const std::string& line : lines(contents(file))) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string first, flag;
    std::vector<std::string> flags = {""};
    if (!(words >> first)) continue;
    while (words >> flag) flags.push_back(flag);
    if (first.starts_with('!')) {
      auto& settings = expected.left_out[first.substr(1)];
      settings.insert(flags.size() == 1 ? flags.begin() : flags.begin() + 1, flags.end());
    } else {
      expected.folders.push_back({first, flags});
    }
  }
  return expected;
}

bool add_cases() {
  ut::framework::master_test_suite().p_name.value = "conformance";
  Expected expected = read_expected(kCases / "expected.txt");
  for (const auto& [folder, settings] : expected.folders) {
    std::set<fs::path> programs;
    for (const auto& entry : fs::directory_iterator(kCases / folder))
      if (entry.path().extension() == ".omc" && fs::exists(fs::path(entry).replace_extension(".out")))
        programs.insert(entry.path());
    for (const std::string& setting : settings) {
      ut::test_suite* suite = BOOST_TEST_SUITE(setting.empty() ? folder : folder + " " + setting);
      for (const fs::path& program : programs) {
        const auto out = expected.left_out.find(folder + "/" + program.stem().string());
        if (out != expected.left_out.end() && (out->second.contains("") || out->second.contains(setting))) continue;
        add_case(*suite, {program, setting});
      }
      ut::framework::master_test_suite().add(suite);
    }
  }
  // A line that leaves out what does not exist would hide that a case was renamed.
  for (const auto& [name, settings] : expected.left_out)
    if (!fs::exists(kCases / (name + ".omc"))) throw std::runtime_error("expected.txt: no such case: " + name);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  return ut::unit_test_main(add_cases, argc, argv);
}
