#pragma once
// Where long loops of any floor let whoever runs them end them: at a time limit, an interrupt, or when there is no memory
// for what they have built up. Without anybody who watches this thread it costs a load and a branch.

#include <cstddef>  // size_t

namespace omc::substrate {

// `check` may throw. `held`: bytes that the loop holds and nobody has counted yet.
struct Watcher {
  void (*check)(void* context, size_t held) = nullptr;
  void* context = nullptr;
};
inline thread_local Watcher watcher;

inline void interrupt_point(size_t held = 0) {
  if (watcher.check) watcher.check(watcher.context, held);
}

}  // namespace omc::substrate
