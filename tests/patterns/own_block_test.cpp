#include <limits>
#include <stdexcept>
#include <tartan/patterns/own_block.hpp>
#include <tartan/patterns/strided.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<OwnBlock<4>> && Pattern<OwnBlock<>>);
static_assert(std::is_empty_v<OwnBlock<4>> && sizeof(OwnBlock<>) == sizeof(Index));
static_assert(std::same_as<decltype(OwnBlock{4}), OwnBlock<Dynamic>>);
static_assert(OwnBlock<4>::static_block == 4 && OwnBlock<4>{}.block() == 4 &&
              OwnBlock{4}.block() == 4);
static_assert(OwnBlock<4>{}.contains(4, 7) && !OwnBlock<4>{}.contains(3, 4) &&
              !OwnBlock<4>{}.contains(-1, 0));
static_assert(count(OwnBlock<32>{}, 1024) == 1024 * 32 && count(OwnBlock<4>{}, 6) == 16 + 4);

TEST_CASE("OwnBlock holds the pairs of each block, the last cut short") {
  for (Index l = 1; l < 9; ++l) {
    check_laws(OwnBlock{l}, 10);
    check_regular(OwnBlock{l});
    for (Index i = 0; i < 30; ++i) {
      for (Index j = 0; j < 30; ++j) CHECK(OwnBlock{l}.contains(i, j) == (i / l == j / l));
    }
  }
  check_laws(OwnBlock{std::numeric_limits<Index>::max()}, 5);
}

TEST_CASE("the rows of a picture are its blocks, and its columns a stride") {
  const Index height = 5, width = 7;
  for (Index y = 0; y < height; ++y) {
    for (Index x = 0; x < width; ++x) {
      for (Index y2 = 0; y2 < height; ++y2) {
        for (Index x2 = 0; x2 < width; ++x2) {
          CHECK(OwnBlock{width}.contains(y * width + x, y2 * width + x2) == (y == y2));
          CHECK(Strided{width}.contains(y * width + x, y2 * width + x2) == (x == x2));
        }
      }
    }
  }
}

TEST_CASE("static and dynamic OwnBlock are twins") {
  check_twins(OwnBlock<4>{}, OwnBlock{4});
  check_twins(OwnBlock<1>{}, OwnBlock<1>{1});
}

TEST_CASE("OwnBlock refuses a wrong block, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { OwnBlock{0}; }) ==
        "tartan: OwnBlock: block must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] { OwnBlock<4>{5}; }) ==
        "tartan: OwnBlock: block must be the static 4, got 5");
}

TEST_CASE("OwnBlock looks as its comment shows") {
  CHECK(ascii(OwnBlock<2>{}, 5) ==
        "■ ■ □ □ □\n"
        "■ ■ □ □ □\n"
        "□ □ ■ ■ □\n"
        "□ □ ■ ■ □\n"
        "□ □ □ □ ■\n");
}
