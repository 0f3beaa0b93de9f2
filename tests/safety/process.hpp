#pragma once
// Runs omc as a child, in a folder of its own, and can do it harm.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace safety {

namespace fs = std::filesystem;

inline size_t times(size_t count) {
  const char* factor = std::getenv("OMC_SAFETY_COUNT");
  return count * (factor ? std::strtoul(factor, nullptr, 10) : 1);
}

inline std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "omc-safety-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name, std::ios::binary) << text; }

 private:
  fs::path path_;
};

struct Ended {
  int status = 0;  // negative: of a signal
  std::string output, error;
  double busy_seconds = 0;  // of the processors: the machine is shared, and a clock on the wall counts the others too
};

class Process {
 public:
  Process(const Folder& folder, std::vector<std::string> arguments) : folder_(folder), start_(Clock::now()) {
    arguments.insert(arguments.begin(), OMC_PROGRAM);
    child_ = ::fork();
    if (child_ != 0) return;
    ::signal(SIGINT, SIG_DFL);  // a shell without job control makes its background ignore it
    if (::chdir(folder.path().c_str()) != 0) _exit(126);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(::open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    ::dup2(::open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    std::vector<char*> words;
    for (std::string& a : arguments) words.push_back(a.data());
    words.push_back(nullptr);
    ::execv(words[0], words.data());
    _exit(127);
  }
  ~Process() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const { ::kill(child_, signal); }
  // After `most` seconds it is killed.
  Ended wait(double most = 60) {
    int status = 0;
    rusage used{};
    while (::wait4(child_, &status, WNOHANG, &used) == 0) {
      if (std::chrono::duration<double>(Clock::now() - start_).count() > most) send(SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    child_ = 0;
    Ended ended;
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ended.output = content(folder_ / "stdout");
    ended.error = content(folder_ / "stderr");
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
    ended.busy_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
    return ended;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Folder& folder_;
  Clock::time_point start_;
  pid_t child_;
};

inline Ended run(const Folder& folder, std::vector<std::string> arguments) { return Process(folder, std::move(arguments)).wait(); }

}  // namespace safety
