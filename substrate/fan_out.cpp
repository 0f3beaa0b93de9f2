#include "substrate/fan_out.hpp"

#include <algorithm>  // max
#include <cmath>      // abs, pow, sin, sqrt

#include "substrate/attractors.hpp"   // nearest
#include "substrate/detail/utf8.hpp"  // character_at
#include "substrate/hash.hpp"         // fnv, fold_id
#include "substrate/numbers.hpp"      // kGoldenAngle, kPhi, round_to_int, wrapping_add
#include "substrate/resonance.hpp"    // resonance

namespace omc::substrate {

__extension__ typedef __int128 Int128;  // sums of int64 that must be exact

double wave(double p, double k) {
  return std::sin((p * kGoldenAngle) * (k + 1.0)) * std::pow(kPhi, -k);
}

int64_t omc_m3_spawn_count(int64_t n) {
  if (n <= 1) return 1;
  const double threshold = 1.0 / static_cast<double>(n);
  int64_t count = 0;
  for (int i = 1; i <= 50; ++i) {
    const double k = i;
    count += std::abs(std::pow(kPhi, -k) * std::sin(k * kGoldenAngle)) > threshold;
  }
  return std::max<int64_t>(1, count);
}

static void append_start(std::string& summary, std::string_view item) {
  constexpr size_t kShown = 64;  // characters
  size_t end = 0;
  for (size_t i = 0; i < kShown && end < item.size(); ++i) end += detail::character_at(item, end).size;
  summary += item.substr(0, end);
  if (end < item.size()) summary += "…";
}

static Specialist specialist(std::span<const std::string_view> items, size_t slot, size_t count,
                             std::string_view hint) {
  Specialist s{};
  s.fold_index = slot;
  s.summary = "[" + std::to_string(slot + 1) + "/" + std::to_string(count) + "] ";
  s.summary += hint;
  s.summary += ": ";
  Int128 hash_sum = 0;
  double sum = 0.0;
  std::vector<double> resonances;
  for (size_t i = slot; i < items.size(); i += count) {
    if (!resonances.empty()) s.summary += " | ";
    append_start(s.summary, items[i]);
    const int64_t hash = fnv(items[i]);
    hash_sum += hash;
    resonances.push_back(resonance(hash));
    sum += resonances.back();
  }
  s.item_count = resonances.size();
  int64_t mean_hash = 0;
  if (s.item_count > 0) {
    const auto n = static_cast<double>(s.item_count);
    s.mu = sum / n;
    double squares = 0.0;
    for (const double r : resonances) squares += (r - s.mu) * (r - s.mu);
    s.sigma = std::sqrt(squares / n);
    mean_hash = static_cast<int64_t>(hash_sum / static_cast<Int128>(s.item_count));
  }
  s.dominant_attractor = nearest(mean_hash).attractor;
  s.resonance = resonance(mean_hash);
  s.wave_amplitude = wave(static_cast<double>(slot), static_cast<double>(slot));
  return s;
}

std::vector<Specialist> omc_self_instantiate(std::span<const std::string_view> items, std::string_view task_hint) {
  const auto count = static_cast<size_t>(omc_m3_spawn_count(static_cast<int64_t>(items.size())));
  std::vector<Specialist> specialists;
  for (size_t slot = 0; slot < count; ++slot) specialists.push_back(specialist(items, slot, count, task_hint));
  return specialists;
}

FoldedParent omc_fold_back(double mu, double sigma, double turn, std::span<const FoldedChild> children) {
  double items = 0.0, mu_sum = 0.0, variance_sum = 0.0;
  Int128 attractor_sum = 0;
  for (const FoldedChild& c : children) {
    const double n = std::max(c.item_count, 0.0);
    items += n;
    mu_sum += c.mu * n;
    variance_sum += (c.sigma * c.sigma) * n;
    attractor_sum += c.dominant_attractor;
  }
  const double t = std::max(items, 1.0), p = std::max(turn, 1.0);
  const double child_mu = mu_sum / t, child_variance = variance_sum / t;
  const auto count = static_cast<double>(children.size());
  FoldedParent folded{};
  folded.mu = (mu * p + child_mu * t) / (p + t);
  folded.sigma = std::sqrt(((sigma * sigma) * p + child_variance * t) / (p + t));
  folded.turn_count = turn + std::max(count, 1.0);
  folded.num_specialists_folded = count;
  if (!children.empty()) {
    const Int128 mean = attractor_sum / static_cast<Int128>(children.size());
    folded.dominant_attractor = nearest(static_cast<int64_t>(mean)).attractor;
  }
  folded.resonance = resonance(folded.dominant_attractor);
  return folded;
}

ChildFold omc_spawn_child_fold(int64_t seed) {
  const Nearest near = nearest(seed);
  const auto attractor = static_cast<int64_t>(magnitude(near.attractor));
  return {.focus_numerator = attractor,
          .focus_denominator = static_cast<int64_t>(std::max<uint64_t>(1, near.distance)),
          .explored_value = attractor,
          .final_resonance = 1.0,
          .resonance_target = 1.0 / (1.0 + static_cast<double>(near.distance)),
          .fold_id = fold_id(seed)};
}

// target = the attractor of |seed|, or the seed itself where that is 0; span = target - seed, which for a negative seed
// can exceed an int, swing = max(distance, 1.0).
Geodesic::Geodesic(int64_t seed, int64_t samples) : seed_(seed), samples_(static_cast<double>(samples)) {
  const Nearest near = nearest(seed);
  const Int128 attractor = static_cast<Int128>(magnitude(near.attractor));
  span_ = attractor > 0 ? static_cast<double>(attractor - seed) : 0.0;
  swing_ = std::max(static_cast<double>(near.distance), 1.0);
}

int64_t Geodesic::at(int64_t k) const {
  const double t = (static_cast<double>(k) + 1.0) / samples_;
  const int64_t line = round_to_int(span_ * t);
  const int64_t swing = round_to_int(wave(static_cast<double>(k), static_cast<double>(k % 7)) * swing_);
  return wrapping_add(wrapping_add(seed_, line), swing);
}

}  // namespace omc::substrate
