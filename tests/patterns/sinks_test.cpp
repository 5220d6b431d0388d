#include <stdexcept>
#include <tartan/patterns/causal.hpp>
#include <tartan/patterns/sinks.hpp>
#include <tartan/patterns/window.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<Sinks<4>> && Pattern<Sinks<>>);
static_assert(std::is_empty_v<Sinks<4>> && sizeof(Sinks<>) == sizeof(Index));
static_assert(std::same_as<decltype(Sinks{4}), Sinks<Dynamic>>);
static_assert(Sinks<4>::static_keys == 4 && Sinks<4>{}.keys() == 4 && Sinks{4}.keys() == 4);
static_assert(Sinks<4>{}.contains(0, 3) && !Sinks<4>{}.contains(9, 4));
static_assert(count(Sinks<4>{}, 1000) == 4000 && count(Sinks<4>{}, 9, 3) == 27);

TEST_CASE("Sinks holds the first keys, for all queries") {
  for (Index g = 0; g < 7; ++g) {
    check_laws(Sinks{g}, 10);
    check_regular(Sinks{g});
    for (Index j = 0; j < 12; ++j) CHECK(Sinks{g}.contains(-3, j) == (j < g));
  }
}

TEST_CASE("StreamingLLM: sinks and a window, each pair once") {
  const auto mask = Causal{} & (Sinks{4} | Window{7, 0});
  check_laws(mask, 20);
  check_regular(mask);
  for (Index i = 0; i < 40; ++i) {
    for (Index j = 0; j < 40; ++j) {
      CHECK(mask.contains(i, j) == (j <= i && (j < 4 || i - 8 < j)));
    }
  }
  CHECK(count(mask, 100) - count(mask, 99) == 4 + 8);
}

TEST_CASE("static and dynamic Sinks are twins") {
  check_twins(Sinks<4>{}, Sinks{4});
  check_twins(Sinks<0>{}, Sinks<0>{0});
}

TEST_CASE("Sinks refuses a wrong number, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { Sinks{-1}; }) ==
        "tartan: Sinks: keys must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] { Sinks<4>{5}; }) ==
        "tartan: Sinks: keys must be the static 4, got 5");
}

TEST_CASE("Sinks looks as its comment shows") {
  std::string picture;
  for (int i = 0; i < 5; ++i) picture += "■ ■ □ □ □\n";
  CHECK(ascii(Sinks<2>{}, 5) == picture);
}
