#include <tartan/lattice/band.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::test::Random;

static_assert(Bound{3}(4) == 7 && Bound{-3}(1) == -2);
static_assert(KeyRun{2, 5}.count() == 4 && KeyRun{2, 1}.count() == 0 && KeyRun{9, 1}.count() == 0);
static_assert(Band{Lattice::range(0, 4), Lattice::range(0, 4)}.contains(3, 0));
static_assert(!Band{Lattice::range(0, 4), Lattice::range(0, 4)}.contains(4, 0));
static_assert(Band{}.empty());
static_assert(Extent{-2, 3, 5}.rows() == Lattice{-2, 1, 5} && Extent{-2, 3, 5}.keys().count == 5);
static_assert(Extent{-2, 3, 5}.rows(1, 3) == Lattice{-2, 3, 2});
static_assert(Extent{-2, 3, 5}.keys(1, 3) == Lattice{1, 3, 2});

TEST_CASE("keys_of a row are the keys that the band contains") {
  Random random(1);
  for (int k = 0; k < 1000; ++k) {
    const Band band = random.band();
    for (Index t = 0; t < band.rows.count; ++t) {
      const KeyRun run = band.keys_of(band.rows[t]);
      Index held = 0;
      for (Index u = 0; u < band.keys.count; ++u) {
        const bool inside = band.contains(band.rows[t], band.keys[u]);
        if (inside != (run.first <= u && u <= run.last)) FAIL("row " << t << ", key " << u);
        held += inside;
      }
      CHECK(run.count() == held);
    }
  }
}

TEST_CASE("a band contains what its lattices and bounds say, and empty() is never wrong") {
  Random random(2);
  int seen_empty = 0;
  for (int k = 0; k < 1000; ++k) {
    const Band band = random.band();
    bool any = false;
    for (Index i = -10; i < 64; ++i) {
      for (Index j = -10; j < 64; ++j) {
        const bool below = band.lower != Bound::none_below() && j < i + band.lower.offset;
        const bool above = band.upper != Bound::none_above() && j > i + band.upper.offset;
        const bool expected = band.rows.contains(i) && band.keys.contains(j) && !below && !above;
        if (band.contains(i, j) != expected) FAIL("pair " << i << ", " << j);
        any = any || expected;
      }
    }
    const bool sound = !(band.empty() && any);
    CHECK(sound);
    seen_empty += band.empty();
  }
  CHECK(seen_empty > 100);
}

TEST_CASE("the intersection of two bands holds the pairs of both") {
  Random random(3);
  for (int k = 0; k < 1000; ++k) {
    const Band a = random.band(), b = random.band();
    const Band common = intersect(a, b);
    for (Index i = -10; i < 64; ++i) {
      for (Index j = -10; j < 64; ++j) {
        if (common.contains(i, j) != (a.contains(i, j) && b.contains(i, j))) {
          FAIL("pair " << i << ", " << j);
        }
      }
    }
  }
  SUCCEED();
}
