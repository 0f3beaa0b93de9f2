#include "substrate/resonance.hpp"

#include <charconv>  // to_chars

namespace omc::substrate {

std::array<int64_t, kBandCount> resonance_band_histogram(std::span<const int64_t> n) {
  std::array<int64_t, kBandCount> count{};
  for (const int64_t v : n) ++count[resonance_band(v)];
  return count;
}

double arr_resonance(std::span<const int64_t> n) {
  if (n.empty()) return 0.0;
  double sum = 0.0;
  for (const int64_t v : n) sum += resonance(v);
  return sum / static_cast<double>(n.size());
}

double harmonic_score(std::span<const int64_t> n) {
  if (n.empty()) return 0.0;
  size_t attractors = 0;
  for (const int64_t v : n) attractors += is_attractor(v);
  return static_cast<double>(attractors) / static_cast<double>(n.size());
}

double measure_coherence(int64_t a, int64_t b) {
  return std::abs(resonance(a) - resonance(b));
}

static void append_three_decimals(std::string& text, double score) {
  char digits[32];  // a score is in [0, 1]
  text.append(digits, std::to_chars(digits, digits + sizeof digits, score, std::chars_format::fixed, 3).ptr);
}

std::string long_form(int64_t n) {
  std::string text = "HInt(" + std::to_string(n) + ", φ=";
  append_three_decimals(text, resonance(n));
  text += ", HIM=";
  append_three_decimals(text, him(n));
  return text + ")";
}

}  // namespace omc::substrate
