#pragma once
// Hashes whose values programs see and store. They never change; tables inside the runtime are free to use others.

#include <bit>      // rotl
#include <cstdint>  // int64_t
#include <string_view>

#include "substrate/zeckendorf.hpp"  // zeckendorf

namespace omc::substrate {

inline constexpr uint64_t kGolden64 = 0x9E3779B97F4A7C15;      // K, the odd number next to 2^64 / φ
inline constexpr uint64_t kNegativeSalt = 0xD1B54A32D192ED03;  // KNEG

// From the Zeckendorf word of |n|: for rank r and index i, h = (h xor rotl(i·K, 5·r mod 64))·K.
constexpr int64_t substrate_hash(int64_t n) {
  uint64_t h = kGolden64;
  int rotation = 0;
  for (const uint8_t i : zeckendorf(n)) {
    h = (h ^ std::rotl(i * kGolden64, rotation)) * kGolden64;
    rotation = (rotation + 5) % 64;
  }
  if (n < 0) h += kNegativeSalt;
  return static_cast<int64_t>(h);
}

// 64-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv) with the top bit cleared, so that it is a non-negative int.
constexpr int64_t fnv(std::string_view bytes) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char byte : bytes) h = (h ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return static_cast<int64_t>(h & INT64_MAX);
}

// The 31-bit id that omc_spawn_child_fold gives a seed.
constexpr int64_t fold_id(int64_t seed) {
  const uint64_t h = static_cast<uint64_t>(seed) * kGolden64;
  return static_cast<int64_t>((h ^ (h >> 33)) & 0x7fffffff);
}

}  // namespace omc::substrate
