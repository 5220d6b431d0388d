#include <tartan/lattice/cut.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::detail::Pieces;
using tartan::test::Random;

namespace {

constexpr Band square(Index n) { return {Lattice::range(0, n), Lattice::range(0, n)}; }

constexpr Pieces cut_out(const Band& whole, const Band& cut) {
  Pieces left;
  tartan::detail::subtract(whole, cut, left);
  return left;
}

/// A band whose lattices those of `whole` lie on, as subtract asks.
Band coarser(Random& random, const Band& whole) {
  const auto under = [&](const Lattice& lattice) {
    Index step = random.in(1, lattice.step);
    while (lattice.step % step != 0) --step;
    return Lattice{lattice.start + step * random.in(-6, 6), step, random.in(0, 30)};
  };
  Band cut = random.band();
  cut.rows = under(whole.rows);
  cut.keys = under(whole.keys);
  return cut;
}

}  // namespace

// A window out of a square leaves the corner below it and the corner above it.
static_assert(cut_out(square(9), {Lattice::range(0, 9), Lattice::range(0, 9), {-2}, {2}}).count ==
              2);
static_assert(cut_out(square(9), square(9)).count == 0);
static_assert(cut_out(square(9), Band{}).count == 1);

TEST_CASE("subtract leaves the pairs outside of the cut, each in one piece") {
  Random random(1);
  int untouched = 0, nothing_left = 0;
  for (int k = 0; k < 3000; ++k) {
    const Band whole = random.band();
    if (whole.empty()) continue;
    const Band cut = coarser(random, whole);
    const Pieces left = cut_out(whole, cut);
    REQUIRE(left.count <= 6);
    for (Index i = -10; i < 64; ++i) {
      for (Index j = -10; j < 64; ++j) {
        int times = 0;
        for (int p = 0; p < left.count; ++p) {
          times += left.band[static_cast<std::size_t>(p)].contains(i, j);
        }
        if (times != (whole.contains(i, j) && !cut.contains(i, j) ? 1 : 0)) {
          FAIL("pair " << i << ", " << j << " is in " << times << " pieces");
        }
      }
    }
    untouched += left.count == 1 && left.band[0] == whole;
    nothing_left += left.count == 0;
  }
  CHECK(untouched > 10);
  CHECK(nothing_left > 10);
}

TEST_CASE("bands whose intersection is empty share no pair") {
  Random random(2);
  int disjoint = 0;
  for (int k = 0; k < 2000; ++k) {
    const Band a = random.band(), b = random.band();
    if (!intersect(a, b).empty()) continue;
    ++disjoint;
    for (Index i = -10; i < 64; ++i) {
      for (Index j = -10; j < 64; ++j) {
        if (a.contains(i, j) && b.contains(i, j)) FAIL("pair " << i << ", " << j);
      }
    }
  }
  CHECK(disjoint > 100);
  CHECK(disjoint < 1980);
}

TEST_CASE("pieces have room for a cut while six more fit") {
  Pieces pieces;
  pieces.add(Band{});
  CHECK(pieces.count == 0);
  while (pieces.room_for_a_cut()) pieces.add(square(3));
  CHECK(pieces.count == Pieces::capacity - 5);
}
