#include <stdexcept>
#include <tartan/patterns/strided.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<Strided<4>> && Pattern<Strided<>>);
static_assert(std::is_empty_v<Strided<4>> && sizeof(Strided<>) == sizeof(Index));
static_assert(std::same_as<decltype(Strided{4}), Strided<Dynamic>>);
static_assert(std::is_default_constructible_v<Strided<4>> &&
              !std::is_default_constructible_v<Strided<>>);
static_assert(Strided<4>::static_stride == 4 && Strided<4>{}.stride() == 4);
static_assert(Strided{4}.stride() == 4 && Strided<>::static_stride == Dynamic);
static_assert(Strided<4>{}.contains(9, 1) && Strided<4>{}.contains(1, 9));
static_assert(Strided<4>{}.contains(-3, 1) && !Strided<4>{}.contains(9, 0));
static_assert(count(Strided<32>{}, 1024) == 1024 * 32);

TEST_CASE("Strided holds (i - j) mod S == 0, before position 0 too") {
  for (Index s = 1; s < 9; ++s) {
    const Strided strided{s};
    check_laws(strided, 10);
    check_regular(strided);
    for (Index i = -20; i < 20; ++i) {
      for (Index j = 0; j < 20; ++j) {
        CHECK(strided.contains(i, j) == ((i - j + 100 * s) % s == 0));
      }
    }
  }
}

TEST_CASE("Strided has one band for each class with a row in it, on the class's lattices") {
  for (Index rows = 0; rows < 9; ++rows) {
    int bands = 0;
    for_each_band(Strided{5}, Extent{3, 3 + rows, 40}, [&](const Band& band, const KeepAll&) {
      ++bands;
      CHECK(band.rows.step == 5);
      CHECK(band.keys.step == 5);
    });
    CHECK(bands == (rows < 5 ? rows : 5));
  }
}

TEST_CASE("a stride longer than the sequence leaves the diagonal") {
  CHECK(count(Strided{1000}, 30) == 30);
  check_laws(Strided{1000}, 5);
}

TEST_CASE("the largest strides cross without overflow") {
  const Strided a{Index{1} << 31}, b{(Index{1} << 31) - 1};
  CHECK(count(a & b, 30) == 30);
  CHECK(count(a | b, 30) == 30);
  check_laws(any(a & b), 5);
}

TEST_CASE("static and dynamic Strided are twins") {
  check_twins(Strided<4>{}, Strided{4});
  check_twins(Strided<1>{}, Strided<1>{1});
}

TEST_CASE("Strided refuses a wrong stride, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { Strided{0}; }) ==
        "tartan: Strided: stride must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] { Strided{(Index{1} << 31) + 1}; }) ==
        "tartan: Strided: stride must be <= 2147483648, got 2147483649");
  CHECK(message_of<std::invalid_argument>([] { Strided<4>{5}; }) ==
        "tartan: Strided: stride must be the static 4, got 5");
}

TEST_CASE("Strided looks as its comment shows") {
  CHECK(ascii(Strided<3>{}, 5) ==
        "■ □ □ ■ □\n"
        "□ ■ □ □ ■\n"
        "□ □ ■ □ □\n"
        "■ □ □ ■ □\n"
        "□ ■ □ □ ■\n");
}
