#include "lang/native_stack.hpp"

#include <pthread.h>

#include <algorithm>

namespace omc::lang {

const char* native_stack_floor(size_t reserve) {
  const char* here = static_cast<const char*>(__builtin_frame_address(0));
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return here - (1 << 20);
  void* lowest = nullptr;
  size_t size = 0;
  pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  return static_cast<const char*>(lowest) + std::min(reserve, size / 4);
}

}  // namespace omc::lang
