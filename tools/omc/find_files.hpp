#pragma once
// The files of a tree.

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace omc::tools {

// Regular files below the folder whose names `wanted` accepts, as FOLDER/... sorted by path bytewise. Folders with one of
// the skipped names, and links to folders, are not entered.
std::vector<std::string> find_files(const std::string& folder, std::initializer_list<std::string_view> skipped,
                                    const std::function<bool(std::string_view)>& wanted);

}  // namespace omc::tools
