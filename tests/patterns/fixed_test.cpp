#include <stdexcept>
#include <tartan/algebra/intersection.hpp>
#include <tartan/algebra/union.hpp>
#include <tartan/patterns/causal.hpp>
#include <tartan/patterns/fixed.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

static_assert(Pattern<Fixed<5, 2>> && Pattern<Fixed<>>);
static_assert(std::is_empty_v<Fixed<5, 2>> && sizeof(Fixed<>) == 3 * sizeof(Index));
static_assert(std::same_as<decltype(Fixed{5, 2}), Fixed<Dynamic, Dynamic, Dynamic>>);
static_assert(Fixed<5, 2>::static_block == 5 && Fixed<5, 2>{}.block() == 5);
static_assert(Fixed{6, 2, 1}.columns() == 2 && Fixed{6, 2, 1}.group() == 1);
static_assert(Fixed<5, 2>{}.contains(7, 5) && Fixed<5, 2>{}.contains(7, 3) &&
              !Fixed<5, 2>{}.contains(7, 2) && !Fixed<5, 2>{}.contains(7, 8));
static_assert(count(Fixed<3, 1>{}, 7) == 1 + 2 + 3 + 2 + 3 + 4 + 3);

TEST_CASE("Fixed is the paper's two factors merged") {
  for (Index l = 1; l < 8; ++l) {
    for (Index c = 0; c <= l; ++c) {
      for (Index g = 0; c * (g + 1) <= l && g < 3; ++g) {
        const Fixed pattern{l, c, g};
        check_laws(pattern, 4);
        check_regular(pattern);
        const auto own = Causal{} & OwnBlock{l};
        const auto summary = Causal{} & SummaryColumns{l, c, g};
        for (Index i = -3; i < 30; ++i) {
          for (Index j = 0; j < 30; ++j) {
            CHECK(pattern.contains(i, j) == (own | summary).contains(i, j));
            // A(1) = {j : floor(j / l) = floor(i / l)}, A(2) = {j : j mod l in {t, ..., l}} with
            // t = l - c, for j <= i; other groups are further from the block's end.
            const bool first = i >= 0 && j / l == i / l;
            const bool second = j % l >= l - c * (g + 1) && j % l < l - c * g;
            CHECK(pattern.contains(i, j) == (j <= i && (first || second)));
          }
        }
      }
    }
  }
}

TEST_CASE("the second factor by itself leaves the first l - c rows empty") {
  const auto summary = Causal{} & SummaryColumns{8, 3};
  check_laws(summary, 10);
  check_regular(summary);
  CHECK(count(summary, 5) == 0);
  CHECK(count(summary, 6) == 1);
}

TEST_CASE("static and dynamic Fixed are twins") {
  check_twins(Fixed<5, 2>{}, Fixed{5, 2});
  check_twins(Fixed<6, 2, 1>{}, Fixed{6, 2, 1});
}

TEST_CASE("Fixed refuses a wrong parameter, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] {
          Fixed{4, 5};
        }) == "tartan: SummaryColumns: columns must be <= 4, got 5");
}

TEST_CASE("Fixed looks as its comment shows") {
  CHECK(ascii(Fixed<3, 1>{}, 7) ==
        "■ □ □ □ □ □ □\n"
        "■ ■ □ □ □ □ □\n"
        "■ ■ ■ □ □ □ □\n"
        "□ □ ■ ■ □ □ □\n"
        "□ □ ■ ■ ■ □ □\n"
        "□ □ ■ ■ ■ ■ □\n"
        "□ □ ■ □ □ ■ ■\n");
}
