#pragma once
// The files of a tree.

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace omc::analysis {

// Regular files below the folder whose names `wanted` accepts, as FOLDER/... sorted by path bytewise. Folders with one of
// the skipped names, and links to folders, are not entered.
std::vector<std::string> find_files(const std::string& folder, std::initializer_list<std::string_view> skipped,
                                    const std::function<bool(std::string_view)>& wanted);

// Every *.omc below the folder as --check takes them, not sorted: what is hidden, installed or generated is left out.
std::vector<std::string> program_files(const std::string& folder);

}  // namespace omc::analysis
