#pragma once
// A few threads that take pieces of a job from its owner, who works too.
//
// The rule: nobody else is needed for progress. The caller takes pieces until none is left and then waits only for
// pieces that somebody is at work on, asleep, not spinning: on a busy machine a spinning barrier costs more than the
// second core gives. Threads start with the first job large enough to share.

#include <atomic>
#include <condition_variable>
#include <cstddef>  // size_t
#include <mutex>
#include <thread>
#include <vector>

namespace omc::tape {

class Workers {
 public:
  // threads: how many work at once, the caller included.
  explicit Workers(size_t threads) : wanted_(threads) {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  size_t threads() const { return wanted_; }

  // work(argument, piece) for piece in [0, pieces), each once, in any order, from several threads. Work must not throw.
  void run(size_t pieces, void (*work)(const void* argument, size_t piece), const void* argument);

 private:
  struct Job {
    void (*work)(const void*, size_t) = nullptr;
    const void* argument = nullptr;
    size_t pieces = 0;
  };

  void start();
  void serve();
  void take_pieces(const Job& job);

  size_t wanted_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable job_is_there_, job_is_done_;
  Job job_;
  size_t generation_ = 0;  // counts jobs, so that a thread takes part in each at most once
  size_t busy_ = 0;        // threads inside take_pieces
  bool stop_ = false;
  std::atomic<size_t> next_piece_ = 0;
};

}  // namespace omc::tape
