#pragma once
// What a fuzz target says when its property does not hold.

#include <cstdio>
#include <cstdlib>

#define OMC_CHECK(condition)                                                          \
  do {                                                                                \
    if (!(condition)) {                                                               \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                   \
    }                                                                                 \
  } while (false)
