#include "substrate/grouping.hpp"

#include <algorithm>  // min, stable_sort
#include <array>
#include <cmath>    // abs, pow, round
#include <numeric>  // iota
#include <set>

#include "substrate/attractors.hpp"  // attractor_bucket, kAttractorCount

namespace omc::substrate {

std::vector<size_t> harmonic_sort(std::span<const double> scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  return order;
}

std::vector<std::vector<size_t>> harmonic_partition(std::span<const int64_t> n) {
  constexpr size_t kZero = kAttractorCount - 1;  // buckets of negative ints lie below it, from the largest magnitude on
  std::array<std::vector<size_t>, 2 * kAttractorCount - 1> groups;
  for (size_t i = 0; i < n.size(); ++i) {
    const size_t bucket = attractor_bucket(n[i]);
    groups[n[i] < 0 ? kZero - bucket : kZero + bucket].push_back(i);
  }
  std::vector<std::vector<size_t>> filled;
  for (std::vector<size_t>& group : groups)
    if (!group.empty()) filled.push_back(std::move(group));
  return filled;
}

std::vector<size_t> harmonic_dedupe(std::span<const double> scores, double band) {
  std::vector<size_t> kept;
  std::set<double> kept_scores;
  for (size_t i = 0; i < scores.size(); ++i) {
    // Rounding is monotone, so no kept score is closer than the next one above or below.
    const auto above = kept_scores.lower_bound(scores[i]);
    const bool close_above = above != kept_scores.end() && std::abs(*above - scores[i]) < band;
    const bool close_below = above != kept_scores.begin() && std::abs(*std::prev(above) - scores[i]) < band;
    if (close_above || close_below) continue;
    kept.push_back(i);
    kept_scores.insert(above, scores[i]);
  }
  return kept;
}

size_t harmonic_resample_index(size_t i, size_t n, size_t m) {
  constexpr double kInversePhi = 0.6180339887498949;  // of this formula alone, not kPhiInverse
  static_assert(std::bit_cast<uint64_t>(kInversePhi) == 0x3FE3C6EF372FE950);
  const double position = std::pow(static_cast<double>(i) / static_cast<double>(n), kInversePhi);
  return std::min(static_cast<size_t>(std::round(position * static_cast<double>(m - 1))), m - 1);
}

}  // namespace omc::substrate
