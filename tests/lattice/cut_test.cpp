#include <tartan/lattice/cut.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::detail::Cutter;
using tartan::test::Random;

namespace {

constexpr Band square(Index n) { return {Lattice::range(0, n), Lattice::range(0, n)}; }

constexpr std::vector<Band> cut_out(const Band& whole, const Band& cut) {
  std::vector<Band> left;
  tartan::detail::subtract(whole, cut, [&](const Band& piece) { left.push_back(piece); });
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
static_assert(cut_out(square(9), {Lattice::range(0, 9), Lattice::range(0, 9), {-2}, {2}}).size() ==
              2);
static_assert(cut_out(square(9), square(9)).size() == 0);
static_assert(cut_out(square(9), Band{}).size() == 1);

TEST_CASE("subtract leaves the pairs outside of the cut, each in one piece") {
  Random random(1);
  int untouched = 0, nothing_left = 0;
  for (int k = 0; k < 3000; ++k) {
    const Band whole = random.band();
    if (whole.empty()) continue;
    const Band cut = coarser(random, whole);
    const std::vector<Band> left = cut_out(whole, cut);
    REQUIRE(left.size() <= 6);
    for (Index i = -10; i < 64; ++i) {
      for (Index j = -10; j < 64; ++j) {
        int times = 0;
        for (const Band& piece : left) times += piece.contains(i, j);
        if (times != (whole.contains(i, j) && !cut.contains(i, j) ? 1 : 0)) {
          FAIL("pair " << i << ", " << j << " is in " << times << " pieces");
        }
      }
    }
    untouched += left.size() == 1 && left[0] == whole;
    nothing_left += left.empty();
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

TEST_CASE("a cutter takes any bands out of any other") {
  Random random(3);
  Cutter cutter;
  int refused = 0, pieces = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const Band whole = random.band();
    std::vector<Band> cuts;
    for (Index n = random.in(0, 4); n > 0; --n) cuts.push_back(random.band());
    cutter.clear();
    bool can = true;
    for (const Band& cut : cuts) can = can && cutter.add(whole, cut);
    refused += !can;
    if (!can || whole.empty()) continue;
    std::vector<Band> left;
    cutter.cut(whole, [&](const Band& piece) { left.push_back(piece); });
    pieces += static_cast<int>(left.size());
    int wrong = 0;
    for (Index i = -10; i < 64; ++i) {
      for (Index j = -10; j < 64; ++j) {
        bool outside = whole.contains(i, j);
        for (const Band& cut : cuts) outside = outside && !cut.contains(i, j);
        int times = 0;
        for (const Band& piece : left) times += piece.contains(i, j);
        wrong += times != int(outside);
      }
    }
    CAPTURE(trial);
    CHECK(wrong == 0);
    for (const Band& piece : left) CHECK_FALSE(piece.empty());
  }
  CHECK(refused == 0);  // steps are small
  CHECK(pieces > 1500);
}

TEST_CASE("a cutter refuses lattices that cross in very many classes") {
  Cutter cutter;
  const auto can = [&](const Band& whole, const Lattice& rows, const Lattice& keys) {
    cutter.clear();
    return cutter.add(whole, Band{rows, keys});
  };
  const Lattice all = Lattice::range(0, 1000), eighth{0, 8, 100}, ninth{0, 9, 100};
  CHECK(can(square(1000), eighth, all));
  CHECK_FALSE(can(square(1000), ninth, all));
  CHECK(can({ninth, all}, ninth, all));
  CHECK(can({eighth, all}, {0, 64, 10}, all));
  CHECK(can(square(20), all, {0, 16, 10}));
  CHECK_FALSE(can(square(20), all, {0, 17, 10}));
  CHECK(can(square(1000), all, {0, 64, 10}));
  CHECK_FALSE(can(square(1000), all, {0, 65, 10}));
  CHECK(can(square(1000), ninth, {1000, 65, 10}));  // no pair to cut out
}

TEST_CASE("cutting blocks out of a square takes as many steps as there are blocks, about") {
  constexpr Index blocks = 20000, size = 5;
  Cutter cutter;
  const Band whole = square(blocks * size);
  for (Index b = 0; b < blocks; ++b) {
    const Lattice own = Lattice::range(b * size, (b + 1) * size);
    CHECK(cutter.add(whole, {own, own}));
  }
  Index pieces = 0, pairs = 0;
  cutter.cut(whole, [&](const Band& piece) {
    ++pieces;
    pairs += piece.rows.count * piece.keys.count;
  });
  CHECK(pieces == 2 * blocks - 2);
  CHECK(pairs == blocks * size * (blocks - 1) * size);
}
