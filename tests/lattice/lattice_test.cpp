#include <algorithm>
#include <iterator>
#include <set>
#include <tartan/lattice/lattice.hpp>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::test::Random;

namespace {

std::set<Index> members(const Lattice& lattice) {
  std::set<Index> set;
  for (Index t = 0; t < lattice.count; ++t) set.insert(lattice[t]);
  return set;
}

/// The members of the infinite extension in a stretch long enough for all that is tried here.
std::set<Index> extension(const Lattice& lattice) {
  std::set<Index> set;
  for (Index p = -200; p < 200; ++p) {
    if ((p - lattice.start) % lattice.step == 0) set.insert(p);
  }
  return set;
}

std::set<Index> common_of(const std::set<Index>& a, const std::set<Index>& b) {
  std::set<Index> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(common, common.end()));
  return common;
}

}  // namespace

static_assert(Lattice::range(3, 7) == Lattice{3, 1, 4});
static_assert(Lattice::range(7, 3).empty() && Lattice{}.empty());
static_assert(Lattice::residue_class(1, 4, 0, 10) == Lattice{1, 4, 3});
static_assert(Lattice::residue_class(1, 4, -6, 3) == Lattice{-3, 4, 2});
static_assert(Lattice{2, 3, 4}[3] == 11 && Lattice{2, 3, 4}.end() == 12);
static_assert(intersect(Lattice{0, 4, 10}, Lattice{0, 6, 10}) == Lattice{0, 12, 4});
static_assert(intersect(Lattice{0, 4, 10}, Lattice{1, 6, 10}).empty());
static_assert(
    intersect(Lattice{0, Index{1} << 62, 1}, Lattice{-1, (Index{1} << 62) - 1, 2}).empty());
static_assert(intersect(Lattice{5, Index{1} << 62, 1}, Lattice{5, (Index{1} << 62) - 1, 1}).count ==
              1);

TEST_CASE("a residue class holds the congruent positions of an interval, and no others") {
  for (Index step = 1; step <= 5; ++step) {
    for (Index residue = -6; residue <= 6; ++residue) {
      for (Index begin = -7; begin <= 7; ++begin) {
        for (Index end = begin - 1; end <= begin + 11; ++end) {
          std::set<Index> expected;
          for (Index p = begin; p < end; ++p) {
            if ((p - residue) % step == 0) expected.insert(p);
          }
          const bool same = members(Lattice::residue_class(residue, step, begin, end)) == expected;
          if (!same) FAIL(residue << " mod " << step << " in [" << begin << ", " << end << ")");
        }
      }
    }
  }
  SUCCEED();
}

TEST_CASE("contains, end and the searches agree with the members") {
  Random random(1);
  for (int k = 0; k < 300; ++k) {
    const Lattice lattice = random.lattice();
    const std::set<Index> set = members(lattice);
    CHECK(lattice.empty() == set.empty());
    CHECK(lattice.end() == (set.empty() ? lattice.start : *set.rbegin() + 1));
    for (Index p = -20; p < 80; ++p) {
      const Index after = lattice.index_at_or_after(p), before = lattice.index_at_or_before(p);
      const bool right = lattice.contains(p) == (set.count(p) == 1) && lattice[after] >= p &&
                         lattice[after - 1] < p && lattice[before] <= p && lattice[before + 1] > p;
      if (!right)
        FAIL("position " << p << " of " << lattice.start << " + " << lattice.step << " t");
    }
  }
}

TEST_CASE("within keeps the members of an interval") {
  Random random(2);
  for (int k = 0; k < 1000; ++k) {
    const Lattice lattice = random.lattice();
    const Index begin = random.in(-15, 50), end = random.in(-15, 70);
    std::set<Index> expected;
    for (const Index p : members(lattice)) {
      if (begin <= p && p < end) expected.insert(p);
    }
    const Lattice part = lattice.within(begin, end);
    CHECK(part.step == lattice.step);
    const bool same = members(part) == expected;
    CHECK(same);
  }
}

TEST_CASE("intersect, meet and refines are what they are for sets") {
  Random random(3);
  int met = 0, refined = 0;
  for (int k = 0; k < 2000; ++k) {
    const Lattice a = random.lattice(), b = random.lattice();
    const std::set<Index> common = common_of(members(a), members(b));
    const std::set<Index> common_extension = common_of(extension(a), extension(b));
    const bool same = members(intersect(a, b)) == common;
    CHECK(same);
    CHECK(meet(a, b) == !common_extension.empty());
    const bool inside = common_extension == extension(b);
    CHECK(refines(a, b) == inside);
    met += meet(a, b);
    refined += inside;
  }
  CHECK(met > 100);
  CHECK(met < 1900);
  CHECK(refined > 100);
}
