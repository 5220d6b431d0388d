#include <stdexcept>
#include <tartan/patterns/global_tokens.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<GlobalTokens<2>> && Pattern<GlobalTokens<>>);
static_assert(std::is_empty_v<GlobalTokens<2>> && GlobalTokens<2>::static_tokens == 2);
static_assert(GlobalTokens<2>{}.contains(9, 1) && GlobalTokens<2>{}.contains(1, 9) &&
              !GlobalTokens<2>{}.contains(2, 2) && !GlobalTokens<2>{}.contains(-1, 2));
static_assert(count(GlobalTokens<2>{}, 10) == 100 - 64);

TEST_CASE("GlobalTokens holds the first rows and columns") {
  for (Index g = 0; g < 6; ++g) {
    const GlobalTokens pattern{g};
    check_laws(pattern, 10);
    check_regular(pattern);
    for (Index i = -3; i < 12; ++i) {
      for (Index j = 0; j < 12; ++j) {
        CHECK(pattern.contains(i, j) == ((i >= 0 && i < g) || j < g));
      }
    }
  }
}

TEST_CASE("GlobalTokens at any positions, in any order, twice the same too") {
  Random random(1);
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<Index> positions;
    for (Index x = random.in(0, 6); x > 0; --x) positions.push_back(random.in(0, 24));
    const auto pattern = GlobalTokens<>::at(positions);
    check_laws(pattern, 10);
    check_regular(pattern);
    const auto in = [&](Index p) {
      return std::find(positions.begin(), positions.end(), p) != positions.end();
    };
    for (Index i = -3; i < 30; ++i) {
      for (Index j = 0; j < 30; ++j) CHECK(pattern.contains(i, j) == (in(i) || in(j)));
    }
  }
}

TEST_CASE("static and dynamic GlobalTokens are twins") {
  check_twins(GlobalTokens<3>{}, GlobalTokens{3});
  check_twins(GlobalTokens<3>{}, GlobalTokens<>::at({2, 0, 1}));
  check_twins(GlobalTokens<0>{}, GlobalTokens{0});
}

TEST_CASE("GlobalTokens refuses what is negative") {
  CHECK(message_of<std::invalid_argument>([] { GlobalTokens{-1}; }) ==
        "tartan: GlobalTokens: tokens must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] {
          GlobalTokens<>::at({3, -2});
        }) == "tartan: GlobalTokens: a position must be >= 0, got -2");
  CHECK(message_of<std::invalid_argument>([] { GlobalTokens<3>{4}; }) ==
        "tartan: GlobalTokens: tokens must be the static 3, got 4");
  CHECK(message_of<std::invalid_argument>([] { GlobalTokens<>::at({(Index{1} << 60) + 1}); }) ==
        "tartan: GlobalTokens: a position must be <= 1152921504606846976, got 1152921504606846977");
}

TEST_CASE("GlobalTokens looks as its comment shows") {
  CHECK(ascii(GlobalTokens<1>{}, 5) ==
        "■ ■ ■ ■ ■\n"
        "■ □ □ □ □\n"
        "■ □ □ □ □\n"
        "■ □ □ □ □\n"
        "■ □ □ □ □\n");
}
