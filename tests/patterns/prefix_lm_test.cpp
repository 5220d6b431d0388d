#include <stdexcept>
#include <tartan/patterns/prefix_lm.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<PrefixLM<3>> && Pattern<PrefixLM<>>);
static_assert(std::is_empty_v<PrefixLM<3>> && sizeof(PrefixLM<>) == sizeof(Index));
static_assert(std::same_as<decltype(PrefixLM{3}), PrefixLM<Dynamic>>);
static_assert(PrefixLM<3>::static_prefix == 3 && PrefixLM<3>{}.prefix() == 3 &&
              PrefixLM{3}.prefix() == 3);
static_assert(PrefixLM<3>{}.contains(0, 2) && !PrefixLM<3>{}.contains(2, 3) &&
              PrefixLM<3>{}.contains(5, 4));
static_assert(count(PrefixLM<3>{}, 5) == 3 + 3 + 3 + 4 + 5);

TEST_CASE("PrefixLM holds the prefix and the past") {
  for (Index p = 0; p < 9; ++p) {
    const PrefixLM pattern{p};
    check_laws(pattern, 10);
    check_regular(pattern);
    for (Index i = -3; i < 15; ++i) {
      for (Index j = 0; j < 15; ++j) CHECK(pattern.contains(i, j) == (j <= i || j < p));
    }
  }
}

TEST_CASE("static and dynamic PrefixLM are twins") {
  check_twins(PrefixLM<3>{}, PrefixLM{3});
  check_twins(PrefixLM<100>{}, PrefixLM<100>{100});
}

TEST_CASE("PrefixLM refuses a wrong prefix, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { PrefixLM{-1}; }) ==
        "tartan: PrefixLM: prefix must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] { PrefixLM<3>{5}; }) ==
        "tartan: PrefixLM: prefix must be the static 3, got 5");
}

TEST_CASE("PrefixLM looks as its comment shows") {
  CHECK(ascii(PrefixLM<3>{}, 5) ==
        "■ ■ ■ □ □\n"
        "■ ■ ■ □ □\n"
        "■ ■ ■ □ □\n"
        "■ ■ ■ ■ □\n"
        "■ ■ ■ ■ ■\n");
}
