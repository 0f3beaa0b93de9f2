#pragma once
// NumPy's .npy: one matrix. R. Kern, A Simple File Format for NumPy Arrays, NumPy Enhancement Proposal 1, 2007, and
// numpy.lib.format for versions 2 and 3.

#include <string>
#include <string_view>

#include "tape/files/stored_tensor.hpp"

namespace omc::tape {

// Version 1.0, row by row. The name is not stored; NumPy has no BF16.
std::string write_npy(const StoredTensor& tensor);

// A file whose cells stand column by column (fortran_order) is turned round into `turned`, which must live as long.
StoredTensor read_npy(std::string_view file, std::string& turned);

}  // namespace omc::tape
