#include <limits>
#include <stdexcept>
#include <tartan/patterns/local.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<Local<5>> && Pattern<Local<>>);
static_assert(std::is_empty_v<Local<5>> && sizeof(Local<>) == sizeof(Index));
static_assert(std::same_as<decltype(Local{5}), Local<>> && std::same_as<Local<>, Local<Dynamic>>);
static_assert(std::is_default_constructible_v<Local<5>> &&
              !std::is_default_constructible_v<Local<>>);
static_assert(Local<5>::static_window == 5 && Local<>::static_window == Dynamic);
static_assert(Local<5>{}.window() == 5 && Local<5>{}.reach() == 2);
static_assert(Local<>{5}.window() == 5 && Local<>{5}.reach() == 2 && Local<5>{5}.window() == 5);
static_assert(Local<5>{}.contains(5, 3) && Local<5>{}.contains(5, 7));
static_assert(!Local<5>{}.contains(5, 2) && !Local<5>{}.contains(5, 8));
static_assert(count(Local<3>{}, 5) == 13 && count(Local{3}, 5) == 13);

TEST_CASE("Local holds |i - j| <= floor(W / 2)") {
  for (Index w = 0; w < 9; ++w) {
    const Local local{w};
    check_laws(local, 10);
    check_regular(local);
    for (Index i = -4; i < 20; ++i) {
      for (Index j = 0; j < 20; ++j) {
        CHECK(local.contains(i, j) == ((i > j ? i - j : j - i) <= w / 2));
      }
    }
  }
}

TEST_CASE("an odd Local has W keys, an even one W + 1") {
  CHECK(count(Local{5}, 100) - count(Local{5}, 99) == 5);
  CHECK(count(Local{4}, 100) - count(Local{4}, 99) == 5);
  CHECK(count(Local{0}, 100) == 100);
}

TEST_CASE("a Local wider than the sequence is dense") {
  const Index widest = std::numeric_limits<Index>::max();
  check_laws(Local{widest}, 5);
  CHECK(count(Local{widest}, 30, 50) == 1500);
}

TEST_CASE("static and dynamic Local are twins") {
  check_twins(Local<5>{}, Local{5});
  check_twins(Local<4>{}, Local<>{4});
  check_twins(Local<0>{}, Local<0>{0});
}

TEST_CASE("Local refuses a wrong window, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { Local{-2}; }) ==
        "tartan: Local: window must be >= 0, got -2");
  CHECK(message_of<std::invalid_argument>([] { Local<>{-1}; }) ==
        "tartan: Local: window must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] { Local<5>{6}; }) ==
        "tartan: Local: window must be the static 5, got 6");
}

TEST_CASE("Local looks as its comment shows") {
  CHECK(ascii(Local<3>{}, 5) ==
        "■ ■ □ □ □\n"
        "■ ■ ■ □ □\n"
        "□ ■ ■ ■ □\n"
        "□ □ ■ ■ ■\n"
        "□ □ □ ■ ■\n");
}
