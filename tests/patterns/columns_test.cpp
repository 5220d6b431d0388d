#include <stdexcept>
#include <tartan/patterns/columns.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<Columns<4>> && Pattern<Columns<>>);
static_assert(std::is_empty_v<Columns<4>> && sizeof(Columns<>) == sizeof(Index));
static_assert(std::same_as<decltype(Columns{4}), Columns<Dynamic>>);
static_assert(std::is_default_constructible_v<Columns<4>> &&
              !std::is_default_constructible_v<Columns<>>);
static_assert(Columns<4>::static_stride == 4 && Columns<4>{}.stride() == 4);
static_assert(Columns{4}.stride() == 4 && Columns<>::static_stride == Dynamic);
static_assert(Columns<4>{}.contains(9, 0) && Columns<4>{}.contains(9, 12));
static_assert(!Columns<4>{}.contains(9, 9));
static_assert(density(Columns<4>{}, 100) == 0.25);

TEST_CASE("Columns holds j mod S == 0, for all queries") {
  for (Index s = 1; s < 9; ++s) {
    const Columns columns{s};
    check_laws(columns, 10);
    check_regular(columns);
    for (Index i = -3; i < 20; ++i) {
      for (Index j = 0; j < 20; ++j) CHECK(columns.contains(i, j) == (j % s == 0));
    }
  }
}

TEST_CASE("Columns longer apart than the sequence leave the first") {
  CHECK(count(Columns{1000}, 30) == 30);
}

TEST_CASE("static and dynamic Columns are twins") {
  check_twins(Columns<4>{}, Columns{4});
  check_twins(Columns<1>{}, Columns<1>{1});
}

TEST_CASE("Columns refuses a wrong stride, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] { Columns{0}; }) ==
        "tartan: Columns: stride must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] { Columns{(Index{1} << 31) + 1}; }) ==
        "tartan: Columns: stride must be <= 2147483648, got 2147483649");
  CHECK(message_of<std::invalid_argument>([] { Columns<4>{5}; }) ==
        "tartan: Columns: stride must be the static 4, got 5");
}

TEST_CASE("Columns looks as its comment shows") {
  CHECK(ascii(Columns<3>{}, 5) ==
        "■ □ □ ■ □\n"
        "■ □ □ ■ □\n"
        "■ □ □ ■ □\n"
        "■ □ □ ■ □\n"
        "■ □ □ ■ □\n");
}
