#include "stdlib/digest.hpp"

#include <dlfcn.h>
#include <openssl/evp.h>

#include <array>

namespace omc::stdlib {

namespace {

struct Crypto {
  decltype(&EVP_Digest) digest = nullptr;
  decltype(&EVP_sha256) sha256 = nullptr;
  decltype(&EVP_sha512) sha512 = nullptr;

  Crypto() {
#define OMC_TEXT_OF(x) #x
#define OMC_SHARED_OBJECT(version) "libcrypto.so." OMC_TEXT_OF(version)
    void* library = dlopen(OMC_SHARED_OBJECT(OPENSSL_SHLIB_VERSION), RTLD_NOW | RTLD_LOCAL);
#undef OMC_SHARED_OBJECT
#undef OMC_TEXT_OF
    if (!library) return;
    const auto find = [library](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
    };
    find(digest, "EVP_Digest");
    find(sha256, "EVP_sha256");
    find(sha512, "EVP_sha512");
  }
};

}  // namespace

std::optional<std::string> digest_text(Digest algorithm, std::string_view bytes) {
  static const Crypto crypto;  // code, no state
  const auto kind = algorithm == Digest::Sha256 ? crypto.sha256 : crypto.sha512;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (!crypto.digest || !kind || !crypto.digest(bytes.data(), bytes.size(), digest.data(), &size, kind(), nullptr))
    return std::nullopt;
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += "0123456789abcdef"[digest[i] >> 4];
    out += "0123456789abcdef"[digest[i] & 15];
  }
  return out;
}

}  // namespace omc::stdlib
