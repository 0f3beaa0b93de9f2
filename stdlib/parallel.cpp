// Work spread over threads. The first calls are made at home and timed: only when the rest is worth it, machines are made
// for it. A call that fails there means nothing: the rest runs once more at home, and there it fails in order.

#include "stdlib/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "vm/isolation.hpp"

namespace omc::stdlib {

using vm::Array;
using vm::Isolation;
using vm::IsolatedVm;
using vm::Value;
using vm::Vm;

namespace {

constexpr size_t kMostThreads = 64;
constexpr size_t kBlocksPerThread = 8;  // so that no thread is left with the long ones alone

// Several machines at work on elements [from, size).
class Crew {
 public:
  Crew(Vm& home, const Isolation& plan, const Array* elements, size_t from, size_t size)
      : home_(home), plan_(plan), elements_(elements), next_(from), size_(size), places_(elements->size) {
    const vm::HeapLimits& limits = home.heap().limits();
    memory_share_ = limits.hard == SIZE_MAX ? SIZE_MAX : (limits.hard - std::min(limits.hard, home.heap().used())) / size;
    block_ = std::max<size_t>(1, (elements->size - from) / (size * kBlocksPerThread));
  }
  ~Crew() {
    stop();
    for (std::thread& thread : threads_) thread.join();
  }

  // True when every call gave a result. Throws what stops the program at home.
  bool work() {
    machines_.resize(size_);
    working_ = size_;
    for (size_t i = 0; i < size_; ++i) {
      try {
        threads_.emplace_back([this, i] { run(i); });
      } catch (const std::system_error&) {  // no thread to be had
        failed_ = true;
        const std::lock_guard lock(mutex_);
        working_ -= size_ - i;
        break;
      }
    }
    std::unique_lock lock(mutex_);
    while (working_ > 0) {
      done_.wait_for(lock, std::chrono::milliseconds(10));
      if (failed_) stop_machines();
      lock.unlock();
      home_.poll();
      lock.lock();
    }
    return !failed_;
  }

  Value result(size_t i) { return machines_[places_[i].machine]->bring_home(places_[i].call); }

 private:
  struct Place {
    size_t machine, call;
  };

  void run(size_t number) {
    try {
      auto machine = std::make_unique<IsolatedVm>(plan_, memory_share_);
      IsolatedVm& own = *machine;
      {
        const std::lock_guard lock(mutex_);
        machines_[number] = std::move(machine);
      }
      size_t calls = 0;
      while (!failed_) {
        const size_t begin = next_.fetch_add(block_);
        if (begin >= elements_->size) break;
        const size_t end = std::min(elements_->size, begin + block_);
        for (size_t i = begin; i < end && !failed_; ++i) {
          own.call(elements_->at(i));
          places_[i] = {number, calls++};
        }
      }
    } catch (const vm::Error&) {
      failed_ = true;
    } catch (const std::exception&) {  // no memory
      failed_ = true;
    }
    const std::lock_guard lock(mutex_);
    if (--working_ == 0 || failed_) done_.notify_one();
  }

  void stop() {
    failed_ = true;
    const std::lock_guard lock(mutex_);
    stop_machines();
  }
  void stop_machines() {
    for (const auto& machine : machines_)
      if (machine) machine->request_stop();
  }

  Vm& home_;
  const Isolation& plan_;
  const Array* elements_;
  std::atomic<size_t> next_;
  size_t size_, block_ = 1, memory_share_ = 0;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<IsolatedVm>> machines_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;  // of machines_ and working_
  std::condition_variable done_;
  size_t working_ = 0;
  std::atomic<bool> failed_{false};
};

size_t thread_count(const Vm& vm, size_t calls) {
  const size_t wanted = vm.options().threads ? vm.options().threads : std::thread::hardware_concurrency();
  return std::min({wanted, calls, kMostThreads});
}

}  // namespace

void call_for_each(Vm& vm, Value function, const Array* elements, const std::function<void(size_t, Value)>& take) {
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  vm::Callback f(vm, function);
  size_t i = 0;
  const auto call_here = [&] {
    take(i, f(elements->at(i)));
    ++i;
  };
  if (thread_count(vm, elements->size) > 1) {
    constexpr Milliseconds kProbe{0.2};
    const auto start = Clock::now();
    Milliseconds spent{0};
    do {
      call_here();
      spent = Clock::now() - start;
    } while (i < elements->size && spent < kProbe);
    const size_t left = elements->size - i;
    const double expected = spent.count() / static_cast<double>(i) * static_cast<double>(left);
    if (const size_t threads = thread_count(vm, left); threads > 1 && expected >= vm.options().parallel_ms) {
      if (const auto plan = Isolation::plan(vm, function, elements)) {
        Crew crew(vm, *plan, elements, i, threads);
        if (crew.work())
          for (; i < elements->size; ++i) take(i, crew.result(i));
      }
    }
  }
  while (i < elements->size) call_here();
}

}  // namespace omc::stdlib
