#pragma once
// Where kernels run: the instruction set, the threads, and the two ways to split work.
//
// cells() is for independent cells, rows() for independent rows. Neither changes a bit of the result.

#include <algorithm>  // min
#include <cstddef>    // size_t

#include "tape/kernels/simd.hpp"
#include "tape/workers.hpp"

namespace omc::tape {

class Compute {
 public:
  explicit Compute(Isa isa = native_isa(), Workers* workers = nullptr) : isa_(isa), workers_(workers) {}

  Isa isa() const { return isa_; }
  size_t threads() const { return workers_ ? workers_->threads() : 1; }

  // body(i) for i in [0, n), as vector loops. cost is that of one cell in units of a nanosecond or so.
  template <class Body>
  void cells(size_t n, size_t cost, const Body body) const {
    split(n, cost, kCellGrain, [this, body](size_t begin, size_t end) { run(isa_, begin, end, body); });
  }

  // body(r) for rows r in [0, n), compiled for the instruction set; row_cost in the same unit.
  template <class Body>
  void each_row(size_t n, size_t row_cost, const Body body) const {
    split(n, row_cost, 1, [this, body](size_t begin, size_t end) { run(isa_, begin, end, body); });
  }

  // body(begin, end) for ranges that together are [0, n); for bodies that choose the instruction set themselves.
  template <class Body>
  void rows(size_t n, size_t row_cost, const Body& body) const {
    split(n, row_cost, 1, body);
  }

  // Into how many ranges rows() splits n rows, at most.
  size_t pieces(size_t n, size_t row_cost) const {
    if (!workers_ || workers_->threads() < 2) return 1;
    const size_t worth = n * row_cost / kWorthAThread;
    return worth < 2 ? 1 : std::min(std::min(n, worth), 4 * workers_->threads());
  }

 private:
  // Less than this for each piece is not worth waking a thread up, which takes some 10 to 50 microseconds.
  static constexpr size_t kWorthAThread = 100'000;
  static constexpr size_t kCellGrain = 64;  // cells; a multiple of every vector length and of the cache line

  // Ranges begin at multiples of grain and are of one length, but for the last.
  template <class Body>
  void split(size_t n, size_t cost, size_t grain, const Body& body) const {
    const size_t count = pieces(n, cost);
    if (count == 1) {
      if (n) body(size_t{0}, n);
      return;
    }
    struct Shared {
      const Body& body;
      size_t n, length;
    } shared{body, n, ((n + count - 1) / count + grain - 1) / grain * grain};
    workers_->run((n + shared.length - 1) / shared.length,
                  [](const void* argument, size_t piece) {
                    const Shared& s = *static_cast<const Shared*>(argument);
                    s.body(piece * s.length, std::min(s.n, (piece + 1) * s.length));
                  },
                  &shared);
  }

  Isa isa_;
  Workers* workers_;
};

}  // namespace omc::tape
