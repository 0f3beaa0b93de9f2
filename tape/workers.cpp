#include "tape/workers.hpp"

#include <system_error>

namespace omc::tape {

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  job_is_there_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void Workers::start() {
  try {
    while (threads_.size() + 1 < wanted_) threads_.emplace_back([this] { serve(); });
  } catch (const std::system_error&) {
    wanted_ = threads_.size() + 1;  // the system gives no more threads; those that are there do
  }
}

void Workers::take_pieces(const Job& job) {
  for (size_t piece; (piece = next_piece_.fetch_add(1, std::memory_order_relaxed)) < job.pieces;)
    job.work(job.argument, piece);
}

void Workers::serve() {
  std::unique_lock lock(mutex_);
  for (size_t seen = 0;;) {
    job_is_there_.wait(lock, [&] { return stop_ || generation_ != seen; });
    if (stop_) return;
    seen = generation_;
    if (!job_.work) continue;  // woke up after the job was over
    const Job job = job_;
    ++busy_;
    lock.unlock();
    take_pieces(job);
    lock.lock();
    if (--busy_ == 0) job_is_done_.notify_one();
  }
}

void Workers::run(size_t pieces, void (*work)(const void*, size_t), const void* argument) {
  if (threads_.size() + 1 < wanted_) start();
  const Job job{work, argument, pieces};
  {
    const std::lock_guard lock(mutex_);
    job_ = job;
    next_piece_.store(0, std::memory_order_relaxed);
    ++generation_;
  }
  job_is_there_.notify_all();
  take_pieces(job);
  std::unique_lock lock(mutex_);
  job_ = {};  // who wakes up now finds nothing
  job_is_done_.wait(lock, [&] { return busy_ == 0; });
}

}  // namespace omc::tape
