// Opening the compiler, compiling beside the program, and ending.

#include "jit/workshop.hpp"

#include <dlfcn.h>
#include <signal.h>  // the mask of the thread
#include <time.h>    // the clock of a thread

#include <utility>

namespace omc::jit {

double thread_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

Workshop::~Workshop() {
  jobs_.clear();
  compiler_.reset();
  if (library_) dlclose(library_);
}

void Workshop::open() {
  for (const std::string& path : libraries_) {
    library_ = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (!library_) continue;
    const auto make = reinterpret_cast<MakeCompiler>(dlsym(library_, kMakeCompiler));
    if (make) compiler_.reset(make(kAbiVersion, table_, options_));
    if (compiler_) break;
    dlclose(std::exchange(library_, nullptr));
  }
  loaded_.store(compiler_ ? Load::Ready : Load::Never, std::memory_order_release);
}

void Workshop::start(const std::shared_ptr<Workshop>& workshop) {
  sigset_t all, before;  // signals belong to the thread of the program
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  workshop->thread_ = std::thread([workshop] { workshop->work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Workshop::work() {
  open();
  std::unique_ptr<Job> job;
  std::unique_lock lock(mutex_);
  while (compiler_) {
    spent_.store(thread_milliseconds(), std::memory_order_relaxed);
    busy_ = !jobs_.empty();
    changed_.notify_all();
    changed_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (stop_) break;
    job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    compiler_->finish(*job);
    job.reset();
    lock.lock();
  }
  busy_ = false;
  ended_ = true;
  changed_.notify_all();
}

void Workshop::queue(std::unique_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  busy_ = true;
  changed_.notify_all();
}

void Workshop::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return !busy_; });
}

bool Workshop::stop(bool may_leave, std::vector<std::unique_ptr<Unit>>& units) {
  if (!started()) return true;
  {
    std::unique_lock lock(mutex_);
    stop_ = true;
    jobs_.clear();
    changed_.notify_all();
    constexpr auto kMoment = std::chrono::microseconds(200);  // a thread that only waits ends at once
    if (may_leave && !changed_.wait_for(lock, kMoment, [this] { return ended_; })) {
      kept_ = std::move(units);
      thread_.detach();
      return false;
    }
  }
  thread_.join();
  return true;
}

}  // namespace omc::jit
