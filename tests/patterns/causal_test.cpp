#include <tartan/patterns/causal.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;

static_assert(Pattern<Causal> && std::is_empty_v<Causal>);
static_assert(Causal{}.contains(4, 4) && Causal{}.contains(4, 0) && !Causal{}.contains(4, 5));
static_assert(count(Causal{}, 32) == 528);

TEST_CASE("Causal holds the keys up to the query") {
  tartan::test::check_laws(Causal{});
  tartan::test::check_regular(Causal{});
  CHECK(count(Causal{}, 32) == 528);
}

TEST_CASE("Causal holds nothing for queries before position 0") {
  for (Index i = -3; i < 0; ++i) {
    for (Index j = 0; j < 4; ++j) CHECK_FALSE(Causal{}.contains(i, j));
  }
  CHECK(tartan::test::broken_law(tartan::test::any(Causal{}), {-3, 0, 4}) == "");
}

TEST_CASE("Causal looks as its comment shows") {
  CHECK(ascii(Causal{}, 4) ==
        "■ □ □ □\n"
        "■ ■ □ □\n"
        "■ ■ ■ □\n"
        "■ ■ ■ ■\n");
}
