#include "stdlib/child_process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

using namespace omc::stdlib;

namespace {

PipelineResult run(const Pipeline& pipeline) {
  auto outcome = run_pipeline(pipeline, [](size_t) {});
  if (const auto* failure = std::get_if<StartFailure>(&outcome))
    BOOST_FAIL("stage " << failure->stage << ": " << failure->error);
  return std::get<PipelineResult>(std::move(outcome));
}

PipelineResult shell(const std::string& script) {
  return run({.stages = {{"sh", "-c", script}}});
}

void check_no_child_left() {
  BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
  BOOST_TEST(errno == ECHILD);
}

// A killed child of a child is a zombie until whoever adopted it looks.
bool lives(int pid) {
  for (int i = 0; i < 100; ++i) {
    std::string name, state;
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    stat >> pid >> name >> state;
    if (!stat || state == "Z" || state == "X") return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_process)

BOOST_AUTO_TEST_CASE(collects_output_errors_and_status) {
  const PipelineResult r = shell("echo out; echo err >&2; exit 3");
  BOOST_TEST(r.output == "out\n");
  BOOST_TEST(r.errors.at(0) == "err\n");
  BOOST_TEST(r.exit_code == 3);
  BOOST_TEST(shell("kill -9 $$").exit_code == -1);
  check_no_child_left();
}

BOOST_AUTO_TEST_CASE(both_streams_are_read_while_the_child_writes) {
  const PipelineResult r = shell("yes out | head -c 300000; yes err | head -c 300000 >&2; yes out | head -c 300000");
  BOOST_TEST(r.output.size() == 600'000u);
  BOOST_TEST(r.errors.at(0).size() == 300'000u);
}

BOOST_AUTO_TEST_CASE(stages_run_at_the_same_time) {
  const PipelineResult r =
      run({.stages = {{"sh", "-c", "yes abc | head -c 400000; echo one >&2"}, {"cat"}, {"wc", "-c"}}});
  BOOST_TEST(std::stoi(r.output) == 400'000);
  BOOST_TEST(r.errors.at(0) == "one\n");
  // The first would write for ever: it ends because the second stops reading.
  BOOST_TEST(run({.stages = {{"yes"}, {"head", "-c", "3"}}}).output == "y\ny");
  check_no_child_left();
}

BOOST_AUTO_TEST_CASE(the_environment_is_ours_with_additions) {
  const PipelineResult r =
      run({.stages = {{"sh", "-c", "echo \"$A|$HOME|${PATH:+path}\""}}, .environment = {{"A", "1 2"}, {"HOME", "/h"}}});
  BOOST_TEST(r.output == "1 2|/h|path\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_start_leaves_nobody_running) {
  const auto outcome = run_pipeline({.stages = {{"sleep", "60"}, {"no-such-program-at-all"}, {"cat"}}}, [](size_t) {});
  BOOST_REQUIRE(std::holds_alternative<StartFailure>(outcome));
  BOOST_TEST(std::get<StartFailure>(outcome).stage == 1u);
  BOOST_TEST(std::get<StartFailure>(outcome).error == ENOENT);
  check_no_child_left();
}

BOOST_AUTO_TEST_CASE(a_timeout_kills_children_of_children_too) {
  const auto start = std::chrono::steady_clock::now();
  const PipelineResult r = run({.stages = {{"sh", "-c", "echo before; sleep 60 & echo $!; wait"}}, .timeout_ms = 200});
  BOOST_CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  BOOST_TEST(r.timed_out);
  BOOST_TEST(r.exit_code == -1);
  BOOST_REQUIRE(r.output.starts_with("before\n"));
  BOOST_TEST(!lives(std::stoi(r.output.substr(7))));
  check_no_child_left();
}

BOOST_AUTO_TEST_CASE(a_child_within_its_time_is_left_alone) {
  const PipelineResult r = run({.stages = {{"sh", "-c", "echo done"}}, .timeout_ms = INT64_MAX});
  BOOST_TEST(!r.timed_out);
  BOOST_TEST(r.output == "done\n");
}

BOOST_AUTO_TEST_CASE(a_throwing_watch_kills_children_of_children_too) {
  const auto start = std::chrono::steady_clock::now();
  std::string pid_file = (std::filesystem::temp_directory_path() / "omc-child-XXXXXX").string();
  BOOST_REQUIRE(::close(::mkstemp(pid_file.data())) == 0);
  const auto watch = [&](size_t collected) {
    if (collected > 1'000'000) throw std::runtime_error("enough");
  };
  const std::string script = "sleep 60 & echo $! > " + pid_file + "; yes";
  BOOST_CHECK_THROW(run_pipeline({.stages = {{"sh", "-c", script}}}, watch), std::runtime_error);
  BOOST_CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  check_no_child_left();
  int sleeper = 0;
  std::ifstream(pid_file) >> sleeper;
  std::filesystem::remove(pid_file);
  BOOST_REQUIRE(sleeper > 0);
  BOOST_TEST(!lives(sleeper));
}

BOOST_AUTO_TEST_CASE(children_start_with_default_signals) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const PipelineResult r = run({.stages = {{"sh", "-c", "yes; echo status $? >&2"}, {"true"}}});
  std::signal(SIGPIPE, before);
  BOOST_TEST(r.errors.at(0).find("status 141") != std::string::npos);  // 128 + SIGPIPE, no complaint of `yes`
}

BOOST_AUTO_TEST_SUITE_END()
