#include "stdlib/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <system_error>

extern char** environ;

namespace omc::stdlib {

namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }
  bool open() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

struct Pipe {
  Descriptor read, write;

  // Above the three standard numbers: the child's copies to 0, 1, 2 must not overwrite an end still to be copied.
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    read = raised(ends[0]);
    write = raised(ends[1]);
  }

 private:
  static Descriptor raised(int number) {
    Descriptor low(number);
    if (number > STDERR_FILENO) return low;
    return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
};

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  void connect(const Descriptor& end, int number) {
    ::posix_spawn_file_actions_adddup2(&actions_, end.number(), number);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
 public:
  // A child starts with the signals of a fresh program, whatever we ignore or block. `group` 0 makes a new one.
  explicit SpawnAttributes(bool own_group, pid_t group) {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, defaults;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (own_group) {
      ::posix_spawnattr_setpgroup(&attributes_, group);
      flags |= POSIX_SPAWN_SETPGROUP;
    }
    ::posix_spawnattr_setflags(&attributes_, flags);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// A started child. It is reaped when this ends and not before: until then nobody else can get its number.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {
#ifdef SYS_pidfd_open
    ended_event_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
#endif
  }
  Child(Child&& other) noexcept = default;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (ended_event_moved()) return;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  pid_t pid() const {
    return pid_;
  }
  bool ended() const {
    return ended_;
  }
  int exit_code() const {
    return exit_code_;
  }
  // Readable once the child has ended; not open on systems without such a thing.
  const Descriptor& ended_event() const {
    return ended_event_;
  }

  void look() {
    if (ended_) return;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      ended_ = errno == ECHILD;  // somebody ignores SIGCHLD: its status is lost
      return;
    }
    if (info.si_pid == 0) return;
    ended_ = true;
    ended_event_.close();
    if (info.si_code == CLD_EXITED) exit_code_ = info.si_status;
  }

 private:
  bool ended_event_moved() const {
    return pid_.value == 0;
  }

  struct Pid {  // 0 after a move
    Pid(pid_t p) : value(p) {}
    Pid(Pid&& other) noexcept : value(std::exchange(other.value, 0)) {}
    operator pid_t() const { return value; }
    pid_t value;
  };
  Pid pid_;
  Descriptor ended_event_;
  bool ended_ = false;
  int exit_code_ = -1;
};

class Run {
 public:
  explicit Run(const Pipeline& pipeline)
      // A group of their own lets a timeout reach children of children whose parent has ended. Otherwise they stay in
      // ours: there they may read from the terminal, and get what the terminal or a supervisor sends to us.
      : pipeline_(pipeline), own_group_(pipeline.timeout_ms > 0), errors_(pipeline.stages.size()) {
    result_.errors.resize(pipeline.stages.size());
  }
  ~Run() { kill_all(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  int start(size_t stage);  // errno, 0 when it runs
  PipelineResult finish(const std::function<void(size_t)>& watch);

 private:
  struct Sink {
    Descriptor* from;
    std::string* to;
  };
  std::vector<char*> environment();
  void kill_all();
  void read_available(const Sink& sink);
  bool wait(Clock::time_point until);  // false: the time is up
  bool all_ended() const {
    return std::all_of(children_.begin(), children_.end(), [](const Child& c) { return c.ended(); });
  }

  const Pipeline& pipeline_;
  const bool own_group_;
  std::vector<Child> children_;
  Descriptor upstream_;  // what the next stage reads
  Descriptor output_;
  std::vector<Descriptor> errors_;
  std::vector<std::string> environment_texts_;
  std::vector<Sink> sinks_;  // those still open
  size_t collected_ = 0;
  int pause_ms_ = 1;  // between two looks, on systems without an event for the end of a child
  PipelineResult result_;
};

// Ours, without what is replaced, and the additions.
std::vector<char*> Run::environment() {
  std::vector<char*> out;
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(pipeline_.environment.begin(), pipeline_.environment.end(),
                                      [&](const auto& added) { return added.first == name; });
    if (!replaced) out.push_back(*variable);
  }
  if (environment_texts_.empty())
    for (const auto& [name, value] : pipeline_.environment) environment_texts_.push_back(name + "=" + value);
  for (std::string& text : environment_texts_) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

int Run::start(size_t stage) {
  std::vector<char*> argv;
  for (const std::string& word : pipeline_.stages[stage]) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);

  SpawnActions actions;
  Pipe out, error;
  if (upstream_.open()) actions.connect(upstream_, STDIN_FILENO);
  actions.connect(out.write, STDOUT_FILENO);
  actions.connect(error.write, STDERR_FILENO);
  const SpawnAttributes attributes(own_group_, children_.empty() ? 0 : children_.front().pid());

  pid_t pid = 0;
  const int failure = ::posix_spawnp(&pid, argv[0], actions.get(), attributes.get(), argv.data(), environment().data());
  if (failure != 0) return failure;
  children_.emplace_back(pid);
  const bool last = stage + 1 == pipeline_.stages.size();
  (last ? output_ : upstream_) = std::move(out.read);
  errors_[stage] = std::move(error.read);
  if (last) upstream_.close();
  return 0;
}

// With its descendants, as far as the system tells us of them. Stopped first, so that it cannot make new ones
// meanwhile.
void kill_tree(pid_t pid) {
  ::kill(pid, SIGSTOP);
  const std::string number = std::to_string(pid);
  std::ifstream children("/proc/" + number + "/task/" + number + "/children");
  for (pid_t child = 0; children >> child;) kill_tree(child);
  ::kill(pid, SIGKILL);
}

void Run::kill_all() {
  if (children_.empty()) return;
  for (Child& child : children_) child.look();
  for (const Child& child : children_)
    if (!child.ended()) kill_tree(child.pid());
  if (own_group_ && !(all_ended() && sinks_.empty())) ::kill(-children_.front().pid(), SIGKILL);
}

void Run::read_available(const Sink& sink) {
  char block[64 << 10];
  while (true) {
    const ssize_t got = ::read(sink.from->number(), block, sizeof block);
    if (got > 0) {
      sink.to->append(block, static_cast<size_t>(got));
      collected_ += static_cast<size_t>(got);
      if (static_cast<size_t>(got) < sizeof block) return;
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    sink.from->close();  // the end
    return;
  }
}

bool Run::wait(Clock::time_point until) {
  const auto now = Clock::now();
  if (now >= until) return false;
  std::vector<pollfd> events;
  bool every_end_has_event = true;
  for (const Sink& sink : sinks_) events.push_back({sink.from->number(), POLLIN, 0});
  for (const Child& child : children_) {
    if (child.ended()) continue;
    if (child.ended_event().open())
      events.push_back({child.ended_event().number(), POLLIN, 0});
    else
      every_end_has_event = false;
  }
  if (every_end_has_event)
    pause_ms_ = 50;
  else
    pause_ms_ = std::min(pause_ms_ * 2, 20);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  ::poll(events.data(), events.size(), static_cast<int>(std::min<int64_t>(left, pause_ms_)));
  for (const Sink& sink : sinks_) read_available(sink);
  std::erase_if(sinks_, [](const Sink& sink) { return !sink.from->open(); });
  for (Child& child : children_) child.look();
  return true;
}

PipelineResult Run::finish(const std::function<void(size_t)>& watch) {
  sinks_.push_back({&output_, &result_.output});
  for (size_t i = 0; i < errors_.size(); ++i) sinks_.push_back({&errors_[i], &result_.errors[i]});
  for (const Sink& sink : sinks_) ::fcntl(sink.from->number(), F_SETFL, O_NONBLOCK);

  constexpr int64_t kLongestMs = 100ll * 366 * 86'400'000;
  const Clock::time_point until =
      pipeline_.timeout_ms > 0 ? Clock::now() + std::chrono::milliseconds(std::min(pipeline_.timeout_ms, kLongestMs))
                               : Clock::time_point::max();
  while (!(sinks_.empty() && all_ended())) {
    watch(collected_);
    if (wait(until)) continue;
    result_.timed_out = true;
    kill_all();
    for (const Sink& sink : sinks_) read_available(sink);
    break;
  }
  result_.exit_code = result_.timed_out ? -1 : children_.back().exit_code();
  return std::move(result_);
}

}  // namespace

std::variant<PipelineResult, StartFailure> run_pipeline(const Pipeline& pipeline,
                                                        const std::function<void(size_t)>& watch) {
  Run run(pipeline);
  for (size_t i = 0; i < pipeline.stages.size(); ++i)
    if (const int error = run.start(i); error != 0) return StartFailure{i, error};
  return run.finish(watch);
}

}  // namespace omc::stdlib
