// Runs a fuzz target without libFuzzer, so that every build and every compiler can: first all files of the folders as they
// are, then changed at random for some seconds, by the target's own mutator every other time. No coverage leads it; the
// long runs are libFuzzer's.
//
// usage: fuzz_TARGET SECONDS FOLDER...      an input that ends the process is left in the file `finding` here

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" [[gnu::weak]] size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);

namespace {

constexpr size_t kMostBytes = 4096;
std::minstd_rand chance(1);
std::string input;  // of the run under way

void leave_finding(int signal) {
  const int file = ::open("finding", O_WRONLY | O_CREAT | O_TRUNC, 0666);
  [[maybe_unused]] const ssize_t written = ::write(file, input.data(), input.size());
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

// Stands in for libFuzzer's own, which custom mutators fall back to.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  const auto place = [&] { return chance() % (text.size() + 1); };
  for (size_t n = 1 + chance() % 3; n > 0; --n) {
    const size_t at = place();
    switch (chance() % 5) {
      case 0: if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << chance() % 8)); break;
      case 1: text.insert(at, 1, static_cast<char>(chance())); break;
      case 2: text.erase(at, chance() % 16); break;
      case 3: text.insert(at, text.substr(place(), chance() % 32)); break;
      default: text.insert(at, std::to_string(static_cast<int64_t>(uint64_t{chance()} << chance() % 63)));
    }
  }
  text.resize(std::min(text.size(), max_size));
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(signal, leave_finding);
  std::vector<std::string> seeds;
  for (int i = 2; i < argc; ++i)
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file() || entry.file_size() > kMostBytes) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  if (argc < 3 || seeds.empty()) return std::fputs("usage: fuzz_TARGET SECONDS FOLDER...\n", stderr), 2;
  std::sort(seeds.begin(), seeds.end());  // folders come in no order

  const auto run = [] { LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size()); };
  for (const std::string& seed : seeds) input = seed, run();
  size_t count = seeds.size();
  std::vector<uint8_t> bytes(kMostBytes);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(argv[1]));
  for (; std::chrono::steady_clock::now() < end; ++count) {
    const std::string& seed = seeds[chance() % seeds.size()];
    std::copy(seed.begin(), seed.end(), bytes.begin());
    const size_t size = LLVMFuzzerCustomMutator ? LLVMFuzzerCustomMutator(bytes.data(), seed.size(), kMostBytes, static_cast<unsigned>(chance()))
                                                : LLVMFuzzerMutate(bytes.data(), seed.size(), kMostBytes);
    input.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    run();
  }
  std::printf("%zu executions\n", count);
}
