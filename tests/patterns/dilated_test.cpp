#include <stdexcept>
#include <tartan/algebra/intersection.hpp>
#include <tartan/patterns/dilated.hpp>
#include <tartan/patterns/strided.hpp>
#include <tartan/patterns/window.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<Dilated<3, 2>> && Pattern<Dilated<>>);
static_assert(std::is_empty_v<Dilated<3, 2>> && std::is_empty_v<Dilated<3, 3>>);
static_assert(sizeof(Dilated<>) == 2 * sizeof(Index) && sizeof(Dilated<3>) == sizeof(Index));
static_assert(std::same_as<decltype(Dilated{3, 2}), Dilated<Dynamic, Dynamic>>);
static_assert(Dilated<3, 2>::static_window == 3 && Dilated<3, 2>::static_dilation == 2);
static_assert(Dilated{3, 2}.window() == 3 && Dilated{3, 2}.dilation() == 2 &&
              Dilated<3, 2>{}.reach() == 6);
static_assert(Dilated<3, 2>{}.contains(9, 3) && !Dilated<3, 2>{}.contains(9, 4) &&
              !Dilated<3, 2>{}.contains(9, 1));

TEST_CASE("Dilated holds W keys on each side, D apart: 2 W + 1 with self") {
  for (Index window = 0; window < 4; ++window) {
    for (Index d = 1; d < 5; ++d) {
      const Dilated pattern{window, d};
      check_laws(pattern, 10);
      check_regular(pattern);
      for (Index i = -9; i < 20; ++i) {
        for (Index j = 0; j < 20; ++j) {
          bool expected = false;
          for (Index k = -window; k <= window; ++k) expected |= j == i + k * d;
          CHECK(pattern.contains(i, j) == expected);
        }
      }
      CHECK(count(pattern, 100) - count(pattern, 99) == 2 * window + 1);
    }
  }
}

TEST_CASE("attention-gym's form counts the window in positions") {
  for (Index i = 0; i < 30; ++i) {
    for (Index j = 0; j < 30; ++j) {
      const Index apart = i < j ? j - i : i - j;
      CHECK((Window{7, 7} & Strided{3}).contains(i, j) == (apart <= 7 && apart % 3 == 0));
    }
  }
  check_twins(Window{6, 6} & Strided{3}, Dilated{2, 3});
}

TEST_CASE("static, half-static and dynamic Dilated are twins") {
  check_twins(Dilated<3, 2>{}, Dilated{3, 2});
  check_twins(Dilated<3, 2>{}, Dilated<3>{3, 2});
  check_twins(Dilated<3, 2>{}, Dilated<Dynamic, 2>{3, 2});
}

TEST_CASE("Dilated refuses a wrong parameter, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] {
          Dilated{-1, 2};
        }) == "tartan: Dilated: window must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] {
          Dilated{1, 0};
        }) == "tartan: Dilated: dilation must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] {
          Dilated<1, 2>{1, 3};
        }) == "tartan: Dilated: dilation must be the static 2, got 3");
}

TEST_CASE("Dilated looks as its comment shows") {
  CHECK(ascii(Dilated<1, 2>{}, 5) ==
        "■ □ ■ □ □\n"
        "□ ■ □ ■ □\n"
        "■ □ ■ □ ■\n"
        "□ ■ □ ■ □\n"
        "□ □ ■ □ ■\n");
}
