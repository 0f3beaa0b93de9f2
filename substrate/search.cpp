#include "substrate/search.hpp"

#include <algorithm>  // clamp, min, nth_element
#include <array>
#include <cmath>  // exp, log

namespace omc::substrate {

const double* detail::probe_shares() {
  static const std::array<double, kProbeShares> shares = [] {
    std::array<double, kProbeShares> share{};
    for (size_t k = 1; k < share.size(); ++k) {
      const auto f = static_cast<double>(kAttractors[std::min(k, kAttractorCount - 1)]);
      share[k] = std::clamp(f / std::exp((kPi * static_cast<double>(k)) * std::log(kPhi)), 0.0, 0.999);
    }
    return share;
  }();
  return shares.data();
}

bool ProbeCounts::learn(size_t n) {
  constexpr size_t kLargest =
      size_t{1} << 16;  // elements; beyond it the memory that is searched costs more than probes
  if (n > kLargest) return false;
  if (n != candidate_) {
    candidate_ = n;
    searches_ = 0;
  }
  if (++searches_ <= n / 8 + 32) return false;  // until they have cost as much as learning will
  size_ = n;
  hits_.resize(n);
  misses_.resize(n + 1);
  walk(0, n, 1, 0);
  return true;
}

// All ways of a search that has made so many probes and goes on in [low, high); k as in run_v2, 0 when it only halves.
void ProbeCounts::walk(size_t low, size_t high, size_t k, uint8_t probes) {
  if (low == high) {
    misses_[low] = probes;
    return;
  }
  const size_t offset = k > 0 && low + 1 < high ? detail::rounded_share(high - low, detail::probe_shares()[k]) : 0;
  const size_t middle = offset > 0 ? std::min(low + offset, high - 1) : low + (high - low) / 2;
  const size_t next_k = offset > 0 ? k + 1 : 0;
  hits_[middle] = ++probes;
  walk(low, middle, next_k, probes);
  walk(middle + 1, high, next_k, probes);
}

std::optional<int64_t> substrate_select_k(std::vector<int64_t> a, int64_t k) {
  const auto place = static_cast<size_t>(std::max<int64_t>(0, k));
  if (place >= a.size()) return std::nullopt;
  std::nth_element(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(place), a.end());
  return a[place];
}

}  // namespace omc::substrate
