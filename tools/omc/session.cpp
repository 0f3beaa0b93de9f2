// Sets a Vm up, shows how its runs end.

#include "omc/session.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "lang/render.hpp"
#include "omc/environment.hpp"
#include "omc/library_path.hpp"
#include "omc/sandbox.hpp"
#include "stdlib/file_io.hpp"
#include "stdlib/stdlib.hpp"

namespace omc::tools {

namespace {

const Variable kThreads("OMC_THREADS", "threads that the tape and the par_ builtins may use (default: all of the process)");
const Variable kGpuVerbose("OMC_GPU_VERBOSE", "1: reports each tape_substrate_sparse_scores on standard error");
const Variable kModulePath("OMC_STDLIB_PATH", "folders searched for modules, separated by `:`");
const Variable kSecondEngine("OMC_VM", "1: the second engine setting, with general instructions only; same behaviour");
const Variable kOptimise("OMC_OPT", "0: no optimisation; same behaviour");

constexpr size_t kStackBytes = size_t{1} << 30;  // reserved, not used: pages are paid for when touched

// --- signals ---
// Ctrl-C, SIGTERM and the time limit ask the machine to stop: it does so at its next safepoint or poll. One that has not
// after kGrace seconds, inside a library that does not ask, is ended from the handler: output so far is written, files
// half written are removed.
// A signal that another thread gets is passed on: that of the program alone knows whether its machine still is.
constexpr unsigned kGrace = 2;

std::atomic<vm::Vm*> running{nullptr};
std::atomic<Console*> terminal{nullptr};
std::atomic<int> stopping{0};  // the signal that asked
std::atomic<pthread_t> program_thread{};
char timeout_message[64];

int status_of(int signal) { return signal == SIGALRM ? 124 : 128 + signal; }

void end_at_once(int signal) {
  if (Console* console = terminal.load()) console->flush_from_signal();
  const char* message = signal == SIGALRM ? timeout_message : signal == SIGINT ? "Error: Interrupted\n" : "Error: Terminated\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message, std::strlen(message));
  stdlib::remove_unfinished_files();
  _exit(status_of(signal));
}

void on_signal(int signal) {
  const int saved_errno = errno;
  // The first thread, which waits for that of the program to end, stays in here for so long.
  if (const pthread_t program = program_thread.load(); running.load() && !pthread_equal(pthread_self(), program)) {
    pthread_kill(program, signal);
  } else if (const int first = stopping.exchange(signal)) {
    stopping.store(first);
    if (signal != SIGALRM && signal == first) end_at_once(first);  // asked twice
    if (signal == SIGALRM) end_at_once(first);
  } else if (vm::Vm* machine = running.load()) {
    using Stop = vm::Vm::Stop;
    machine->request_stop(signal == SIGALRM ? Stop::Timeout : signal == SIGTERM ? Stop::Terminate : Stop::Interrupt);
    ::alarm(kGrace);
  }
  errno = saved_errno;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {}, before = {};
  if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;  // as nohup wants it
  action.sa_handler = handler;
  sigaction(signal, &action, nullptr);
}

void stop_timer() {
  ::alarm(0);
  stopping.store(0);
}

void start_timer(double seconds, const std::string& text) {
  stop_timer();
  std::snprintf(timeout_message, sizeof timeout_message, "Error: Time limit exceeded (%.24s s)\n", text.c_str());
  handle(SIGALRM, on_signal);
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  itimerval timer = {};
  timer.it_value.tv_sec = static_cast<time_t>(std::min(whole, 1e9));
  timer.it_value.tv_usec = static_cast<suseconds_t>(std::max(1.0, fraction * 1e6));
  setitimer(ITIMER_REAL, &timer, nullptr);
}

std::vector<std::string> split_folders(const std::string* list) {
  std::vector<std::string> folders;
  if (!list) return folders;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    if (colon != 0) folders.emplace_back(rest.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return folders;
}

}  // namespace

std::string reason_text(const std::error_code& why) {
  std::string text = why.message();
  if (why.category() == std::system_category() || why.category() == std::generic_category())
    text += " (os error " + std::to_string(why.value()) + ")";
  return text;
}

std::shared_ptr<const lang::Source> read(const std::string& path, std::string& reason) {
  std::error_code why;
  std::optional<lang::Source> source = lang::read_source(path, why);
  if (!source) {
    reason = reason_text(why);
    return nullptr;
  }
  return std::make_shared<const lang::Source>(std::move(*source));
}

Session::Session(const Options& options, Console& console) : options_(options), console_(console) {
  vm::VmOptions vm = options.vm;
  vm.arguments = options.arguments;
  if (!options.command)
    vm.arguments.insert(vm.arguments.begin(), options.positionals.begin() + (options.positionals.empty() ? 0 : 1),
                        options.positionals.end());
  vm.module_folders = split_folders(kModulePath.text());
  vm.standard_library = library_path();
  if (kSecondEngine.is_on() || (kOptimise.text() && *kOptimise.text() == "0")) vm.specialise = false;
  if (const std::string* threads = kThreads.text()) vm.threads = vm.tape_threads = std::strtoul(threads->c_str(), nullptr, 10);
  if (kGpuVerbose.is_on())
    vm.on_sparse_scores = [&console](size_t computed, size_t cells) {
      console.error(fmt::format("[sparse-scores] {}/{} cells = {:.1f}%", computed, cells,
                                100.0 * static_cast<double>(computed) / static_cast<double>(cells)));
    };
  if (options.leak_check) vm.lost_bytes = &lost_bytes_;
  vm_ = std::make_unique<vm::Vm>(std::move(vm));
  if (options.max_output != SIZE_MAX) {
    limited_ = std::make_unique<vm::LimitedOutput>(console, options.max_output);
    vm_->set_output(*limited_);
  } else {
    vm_->set_output(console);
  }
  stdlib::install(*vm_);
  if (options.jit.mode != jit::Mode::Off || options.dual_band) {
    jit::HostOptions jit = options.jit;
    jit.compiler.dual_band = options.dual_band;
    if (jit.mode != jit::Mode::Off) jit.libraries = jit_library_paths();
    if (!options.command && !options.leak_check) jit.still_compiling = &still_compiling;
    jit_ = std::make_unique<jit::Host>(*vm_, std::move(jit));
    vm_->set_native_code(jit_.get());
  }
  apply_sandbox(options, *vm_);
  program_thread.store(pthread_self());
  terminal.store(&console);
  running.store(vm_.get());
  handle(SIGALRM, on_signal);
  if (!options.command && !options.positionals.empty()) {
    handle(SIGINT, on_signal);
    handle(SIGTERM, on_signal);
  }
  if (options.timeout_seconds > 0) start_timer(options.timeout_seconds, options.timeout_text);
}

Session::~Session() {
  running.store(nullptr);
  stop_timer();
  if (jit_ && options_.jit_report) {
    console_.flush();
    std::string text = jit_->report();
    text.pop_back();  // console_.error() ends the line
    console_.error(text);
  }
  vm_.reset();
  if (lost_bytes_ > 0) console_.fail_at_end(fmt::format("Error: leak: {} bytes of the machine were not given back", lost_bytes_.load()));
}

void Session::restart_timer() {
  vm_->clear_stop();
  stop_timer();
  if (limited_) limited_->restart();
  if (options_.timeout_seconds > 0) start_timer(options_.timeout_seconds, options_.timeout_text);
}

int Session::report(const vm::RunResult& result) {
  stop_timer();
  console_.flush();
  if (result.status == 0) return 0;
  std::string message = result.message;
  if (result.status == 124 && message == "Time limit exceeded") message += " (" + options_.timeout_text + " s)";
  console_.error("Error: " + message + result.trace);
  if (console_.error_is_terminal() && result.source && result.span.begin < result.source->size())
    console_.error(lang::render_excerpt(*result.source, result.span, {console_.colour(), 100}));
  return result.status;
}

InterruptStops::InterruptStops() { handle(SIGINT, on_signal); }

InterruptStops::~InterruptStops() {
  ::signal(SIGINT, SIG_DFL);
  stop_timer();
}

int on_large_stack(int (*f)(void*), void* argument) {
  struct Call {
    int (*f)(void*);
    void* argument;
    int status = 0;
  } call{f, argument};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_t thread;
  size_t bytes = kStackBytes;
  const auto start = [](void* p) -> void* {
    auto* c = static_cast<Call*>(p);
    c->status = c->f(c->argument);
    return nullptr;
  };
  // Under a limit of address space less must do.
  for (; bytes >= (size_t{8} << 20); bytes /= 2) {
    pthread_attr_setstacksize(&attributes, bytes);
    if (pthread_create(&thread, &attributes, start, &call) == 0) {
      pthread_join(thread, nullptr);
      pthread_attr_destroy(&attributes);
      return call.status;
    }
  }
  pthread_attr_destroy(&attributes);
  return f(argument);
}

}  // namespace omc::tools
