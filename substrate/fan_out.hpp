#pragma once
// Fan-out: a list of texts spread over a φ-decaying number of specialists, and their way back into one.

#include <cstddef>  // size_t
#include <cstdint>  // int64_t
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace omc::substrate {

// sin((p·γ)·(k + 1.0))·pow(φ, -k)
double wave(double p, double k);

// How many specialists n items get: the k in 1..50 with |pow(φ, -k)·sin(k·γ)| > 1.0/n, at least 1.
int64_t omc_m3_spawn_count(int64_t n);

struct Specialist {
  size_t fold_index, item_count;
  std::string summary;  // "[1/2] hint: first item | third item", each item cut to 64 characters
  double mu, sigma;     // of the resonances of the item hashes; 0.0 without items
  int64_t dominant_attractor;
  double resonance;  // of the mean hash
  double wave_amplitude;
};

// Slot s of K = omc_m3_spawn_count(items) owns the items i with i mod K = s.
std::vector<Specialist> omc_self_instantiate(std::span<const std::string_view> items, std::string_view task_hint);

struct FoldedChild {
  double mu, sigma, item_count;  // a negative count reads 0
  int64_t dominant_attractor;
};

struct FoldedParent {
  double mu, sigma, turn_count, num_specialists_folded;
  int64_t dominant_attractor;
  double resonance;
};

// Means and variances of parent and children, weighted by turns and items.
FoldedParent omc_fold_back(double mu, double sigma, double turn, std::span<const FoldedChild> children);

struct ChildFold {
  int64_t focus_numerator, focus_denominator, explored_value;
  double final_resonance, resonance_target;
  int64_t fold_id;
};

ChildFold omc_spawn_child_fold(int64_t seed);

// Way points from a seed to the attractor of its magnitude, with a decaying wave laid over the straight line.
class Geodesic {
 public:
  Geodesic(int64_t seed, int64_t samples);
  int64_t at(int64_t k) const;  // 0 <= k < samples

 private:
  int64_t seed_;
  double span_, samples_, swing_;
};

}  // namespace omc::substrate
