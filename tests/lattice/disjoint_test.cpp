// Disjoint lattices against a set of positions.
#include <tartan/lattice/disjoint.hpp>

#include <map>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace tartan;
using namespace tartan::detail;
using tartan::test::Random;
using Lattices = std::vector<Lattice>;

namespace {

std::map<Index, int> times(const Lattices& lattices) {
  std::map<Index, int> seen;
  for (const Lattice& l : lattices) {
    for (Index t = 0; t < l.count; ++t) ++seen[l[t]];
  }
  return seen;
}

}  // namespace

TEST_CASE("disjoint: what is given apart stays as it is, in order") {
  CHECK(disjoint({}, 9) == Lattices{});
  CHECK(disjoint({{5, 3, 0}}, 9) == Lattices{});
  CHECK(disjoint({{20, 5, 3}, {0, 1, 4}}, 9) == Lattices{{0, 1, 4}, {20, 5, 3}});
  CHECK(disjoint({{0, 8, 5}, {3, 8, 5}}, 9) == Lattices{{0, 8, 5}, {3, 8, 5}});
}

TEST_CASE("disjoint: neighbours are joined") {
  CHECK(disjoint({{4, 1, 3}, {0, 1, 4}, {5, 1, 9}}, 9) == Lattices{{0, 1, 14}});
  CHECK(disjoint({{0, 4, 3}, {12, 4, 3}}, 9) == Lattices{{0, 4, 6}});
  CHECK(disjoint({{7, 50, 1}, {8, 1, 2}}, 9) == Lattices{{7, 1, 3}});
}

TEST_CASE("disjoint: all residues of a step are a run without gaps") {
  CHECK(disjoint({{0, 4, 8}, {1, 4, 8}, {2, 4, 8}, {3, 4, 8}}, 9) == Lattices{{0, 1, 32}});
  // The classes of a dilated window end at different places.
  CHECK(disjoint({{6, 3, 9}, {4, 3, 9}, {5, 3, 9}}, 9) == Lattices{{4, 1, 27}});
  CHECK(disjoint({{0, 2, 10}, {9, 2, 9}}, 9) == Lattices{{0, 2, 4}, {8, 1, 12}, {21, 2, 3}});
}

TEST_CASE("disjoint: a run is cut out of coarser lattices") {
  CHECK(disjoint({{0, 4, 8}, {6, 1, 9}}, 9) == Lattices{{0, 4, 2}, {6, 1, 9}, {16, 4, 4}});
  CHECK(disjoint({{0, 8, 4}, {0, 4, 8}}, 9) == Lattices{{0, 4, 8}});
}

TEST_CASE("disjoint: none where there are too many, or they cross too irregularly") {
  CHECK(disjoint({{0, 1, 4}, {9, 1, 4}, {20, 1, 4}}, 3).has_value());
  CHECK_FALSE(disjoint({{0, 1, 4}, {9, 1, 4}, {20, 1, 4}}, 2).has_value());
  CHECK_FALSE(disjoint({{0, 100, 500}, {0, 101, 500}}, 1000).has_value());
}

TEST_CASE("disjoint: random lattices, each position once") {
  Random random(3);
  int found = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    Lattices lattices;
    for (Index x = random.in(0, 7); x > 0; --x) {
      lattices.push_back({random.in(-20, 60), random.in(1, 6), random.in(0, 20)});
      if (random.in(0, 2) == 0) lattices.back().step = lattices.front().step;
    }
    const auto apart = disjoint(lattices, 1000);
    if (!apart) continue;
    ++found;
    const auto expected = times(lattices), got = times(*apart);
    bool right = expected.size() == got.size();
    for (const auto& [position, n] : got) right = right && n == 1 && expected.count(position) == 1;
    CHECK(right);
    CHECK(std::is_sorted(apart->begin(), apart->end(),
                         [](const Lattice& a, const Lattice& b) { return a.start < b.start; }));
  }
  CHECK(found > 2500);
}
