#pragma once
// Harmonic readings of text: a character counts by its code point.

#include <cstddef>  // size_t
#include <string_view>
#include <vector>

namespace omc::substrate {

double harmonic_checksum(std::string_view text);  // Σ res(code point); 0.0 for ""
double harmonic_mean(std::string_view text);      // checksum / number of characters; 0.0 for ""

// Σ res(code point)·w; the weight w starts at 1 and grows by φ a character, back to 1 once it passes 1e18.
double harmonic_hash(std::string_view text);

// |ha - hb| / max(max(|ha|, |hb|), 1.0) of the two hashes.
double harmonic_diff(std::string_view a, std::string_view b);

// Cuts text into pieces of attractor length, each prolonged to a blank up to five characters on, which is dropped.
std::vector<std::string_view> harmonic_split(std::string_view text);

// A unit vector (zeros for ""): v[j] = Σ sin(((g[j]·φ)/π)·code point), g = 1, 1, 2, 3, 5, ...
std::vector<double> substrate_embed(std::string_view text, size_t dims);

}  // namespace omc::substrate
