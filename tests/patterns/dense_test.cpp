#include <tartan/patterns/dense.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;

static_assert(Pattern<Dense> && std::is_empty_v<Dense>);
static_assert(Dense{}.contains(0, 9) && Dense{}.contains(-5, 0));
static_assert(count(Dense{}, 5, 7) == 35);

TEST_CASE("Dense holds every pair, in one band") {
  tartan::test::check_laws(Dense{});
  tartan::test::check_regular(Dense{});
  CHECK(count(Dense{}, 5, 7) == 35);
  int bands = 0;
  for_each_band(Dense{}, Extent{3, 6, 4}, [&](const Band& band, const KeepAll&) {
    ++bands;
    CHECK(band == Band{Lattice::range(3, 6), Lattice::range(0, 4)});
  });
  CHECK(bands == 1);
}

TEST_CASE("Dense looks as its comment shows") {
  CHECK(ascii(Dense{}, 4) == "■ ■ ■ ■\n■ ■ ■ ■\n■ ■ ■ ■\n■ ■ ■ ■\n");
}
