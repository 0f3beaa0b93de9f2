#include "substrate/text.hpp"

#include <algorithm>  // max, min
#include <array>
#include <bitset>
#include <cmath>    // abs, sin, sqrt
#include <cstdint>  // int64_t

#include "substrate/attractors.hpp"   // largest
#include "substrate/detail/utf8.hpp"  // character_at, for_each_character
#include "substrate/resonance.hpp"    // resonance

namespace omc::substrate {

using detail::character_at;
using detail::for_each_character;

double harmonic_checksum(std::string_view text) {
  double sum = 0.0;
  for_each_character(text, [&](uint32_t c) { sum += resonance(c); });
  return sum;
}

double harmonic_mean(std::string_view text) {
  double sum = 0.0;
  const size_t count = for_each_character(text, [&](uint32_t c) { sum += resonance(c); });
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

double harmonic_hash(std::string_view text) {
  double hash = 0.0, weight = 1.0;
  for_each_character(text, [&](uint32_t c) {
    hash += resonance(c) * weight;
    weight *= kPhi;
    if (weight > 1e18) weight = 1.0;
  });
  return hash;
}

double harmonic_diff(std::string_view a, std::string_view b) {
  const double hash_a = harmonic_hash(a), hash_b = harmonic_hash(b);
  return std::abs(hash_a - hash_b) / std::max(std::max(std::abs(hash_a), std::abs(hash_b)), 1.0);
}

std::vector<std::string_view> harmonic_split(std::string_view text) {
  const auto is_blank = [&](size_t at) { return text[at] == ' ' || text[at] == '\n'; };
  const auto after = [&](size_t at) { return at + character_at(text, at).size; };
  std::vector<std::string_view> pieces;
  size_t remaining = for_each_character(text, [](uint32_t) {});  // characters
  for (size_t start = 0; start < text.size();) {
    const size_t target = static_cast<size_t>(std::max<int64_t>(1, largest(static_cast<int64_t>(remaining))));
    size_t end = start;
    for (size_t i = 0; i < target; ++i) end = after(end);
    remaining -= target;

    size_t e = end, walked = 0;
    while (e < text.size() && walked < 5 && !is_blank(e)) {
      e = after(e);
      ++walked;
    }
    if (e < text.size() && is_blank(e)) {
      end = e;
      remaining -= walked;
    }
    pieces.push_back(text.substr(start, end - start));
    start = end;
    if (start < text.size() && is_blank(start)) {
      ++start;
      --remaining;
    }
  }
  return pieces;
}

std::vector<double> substrate_embed(std::string_view text, size_t dims) {
  std::vector<uint32_t> characters;
  for_each_character(text, [&](uint32_t c) { characters.push_back(c); });

  // Dimension by dimension, so that one small table serves the sines of the common characters; each v[j] still adds its
  // terms in the order of the text.
  std::vector<double> v(dims, 0.0);
  double g = 1.0, next = 1.0;
  for (double& sum : v) {
    const double frequency = (g * kPhi) / kPi;
    std::array<double, 128> sines;
    std::bitset<128> known;
    for (const uint32_t c : characters) {
      if (c >= sines.size()) {
        sum += std::sin(frequency * static_cast<double>(c));
        continue;
      }
      if (!known[c]) {
        known[c] = true;
        sines[c] = std::sin(frequency * static_cast<double>(c));
      }
      sum += sines[c];
    }
    const double following = next + g;
    g = next;
    next = following;
  }

  double squares = 0.0;
  for (const double x : v) squares += x * x;
  const double norm = std::sqrt(squares);
  if (norm > 1e-9)
    for (double& x : v) x /= norm;
  return v;
}

}  // namespace omc::substrate
