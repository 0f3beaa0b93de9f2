#include "substrate/search.hpp"

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

std::optional<int64_t> substrate_select_k(std::vector<int64_t> a, int64_t k) {
  const auto place = static_cast<size_t>(std::max<int64_t>(0, k));
  if (place >= a.size()) return std::nullopt;
  std::nth_element(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(place), a.end());
  return a[place];
}

}  // namespace omc::substrate
