#pragma once
// OMC_ASSERT: for mistakes of our own code, never for what a program, a file or a user can cause. Nothing in release.

#include <cassert>

#define OMC_ASSERT(condition) assert(condition)
