#pragma once
// Cryptographic digests, over libcrypto. The library is opened by the first digest: linked, it would cost every program
// 0.9 ms at its start.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace omc::stdlib {

enum class Digest : uint8_t { Sha256, Sha512 };

// In hexadecimal, lower case. Nothing when libcrypto is missing or refuses.
std::optional<std::string> digest_text(Digest algorithm, std::string_view bytes);

}  // namespace omc::stdlib
