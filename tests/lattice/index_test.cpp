#include <cmath>
#include <concepts>
#include <tartan/lattice/index.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

static_assert(std::same_as<Index, Eigen::Index> && Dynamic == Eigen::Dynamic);
static_assert(floor_div(7, 2) == 3 && floor_div(-7, 2) == -4 && floor_div(-8, 2) == -4);
static_assert(ceil_div(7, 2) == 4 && ceil_div(-7, 2) == -3 && ceil_div(8, 2) == 4);
static_assert(floor_mod(-1, 4) == 3 && floor_mod(-4, 4) == 0 && floor_mod(5, 4) == 1);
static_assert(tartan::detail::min(2, -3) == -3 && tartan::detail::max(2, -3) == 2);

TEST_CASE("integer division rounds down or up, on both sides of zero") {
  for (Index b = 1; b <= 9; ++b) {
    for (Index a = -40; a <= 40; ++a) {
      const double exact = static_cast<double>(a) / static_cast<double>(b);
      CHECK(floor_div(a, b) == static_cast<Index>(std::floor(exact)));
      CHECK(ceil_div(a, b) == static_cast<Index>(std::ceil(exact)));
      CHECK(floor_mod(a, b) == a - b * static_cast<Index>(std::floor(exact)));
    }
  }
}
