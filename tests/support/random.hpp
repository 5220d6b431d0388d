// Random positions, lattices, bands and extents, the same in every run and on every platform.
#pragma once

#include <random>
#include <tartan/lattice/band.hpp>

namespace tartan::test {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  /// In [low, high], both counted. std::uniform_int_distribution differs between libraries.
  Index in(Index low, Index high) {
    return low + static_cast<Index>(engine_() % static_cast<unsigned>(high - low + 1));
  }

  Lattice lattice() { return {in(-8, 12), in(1, 6), in(0, 9)}; }

  Band band() {
    Band band{lattice(), lattice()};
    if (in(0, 3) > 0) band.lower = Bound{in(-12, 6)};
    if (in(0, 3) > 0) band.upper = Bound{in(-6, 12)};
    return band;
  }

  /// Rows may start before 0 or far on; either side may be empty or of one.
  Extent extent() {
    const Index begin = in(-9, 15);
    return {begin, begin + in(0, 26), in(0, 26)};
  }

 private:
  std::mt19937 engine_;
};

}  // namespace tartan::test
