#pragma once
// A profile as a picture: who called whom, as wide as it took. One SVG file that needs nothing else, no script either; a
// title at each box tells the whole name and the figures.
//
// B. Gregg, The Flame Graph, Communications of the ACM 59(6), 2016.

#include <string>
#include <string_view>

#include "omc/profiler.hpp"

namespace omc::tools {

std::string flame_graph(const Profiler& profile, std::string_view title);

}  // namespace omc::tools
