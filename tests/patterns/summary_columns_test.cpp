#include <stdexcept>
#include <tartan/algebra/intersection.hpp>
#include <tartan/patterns/summary_columns.hpp>
#include <tartan/queries/ascii.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

using Summary = SummaryColumns<5, 2>;

static_assert(Pattern<Summary> && Pattern<SummaryColumns<>>);
static_assert(std::is_empty_v<Summary> && std::is_empty_v<SummaryColumns<2, 1, 1>>);
static_assert(sizeof(SummaryColumns<>) == 3 * sizeof(Index));
static_assert(
    std::same_as<decltype(SummaryColumns{5, 2}), SummaryColumns<Dynamic, Dynamic, Dynamic>>);
static_assert(Summary::static_block == 5 && Summary::static_columns == 2 &&
              Summary::static_group == 0);
static_assert(Summary{}.first() == 3 && SummaryColumns<6, 2, 1>{}.first() == 2 &&
              SummaryColumns{6, 2, 2}.first() == 0);
static_assert(Summary{}.contains(0, 3) && Summary{}.contains(0, 9) && !Summary{}.contains(0, 5));
static_assert(count(SummaryColumns<128, 8>{}, 1, 1024) == 64);

TEST_CASE("SummaryColumns holds the columns of its group in every block") {
  for (Index l = 1; l < 9; ++l) {
    for (Index c = 0; c <= l; ++c) {
      for (Index g = 0; c * (g + 1) <= l && g < 4; ++g) {
        const SummaryColumns pattern{l, c, g};
        check_laws(pattern, 3);
        check_regular(pattern);
        for (Index j = 0; j < 30; ++j) {
          const Index from_end = l - 1 - j % l;
          CHECK(pattern.contains(7, j) == (from_end >= c * g && from_end < c * (g + 1)));
        }
      }
    }
  }
}

TEST_CASE("groups share no column") {
  for (Index g = 0; g < 4; ++g) {
    for (Index h = 0; h < g; ++h) {
      CHECK(count(SummaryColumns{8, 2, g} & SummaryColumns{8, 2, h}, 40) == 0);
    }
  }
}

TEST_CASE("static and dynamic SummaryColumns are twins") {
  check_twins(Summary{}, SummaryColumns{5, 2});
  check_twins(SummaryColumns<6, 2, 1>{}, SummaryColumns{6, 2, 1});
  check_twins(SummaryColumns<6, 2, 1>{}, SummaryColumns<6, 2, Dynamic>{6, 2, 1});
}

TEST_CASE("SummaryColumns refuses a wrong parameter, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] {
          SummaryColumns{0, 0};
        }) == "tartan: SummaryColumns: block must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] {
          SummaryColumns{4, 5};
        }) == "tartan: SummaryColumns: columns must be <= 4, got 5");
  CHECK(message_of<std::invalid_argument>([] {
          SummaryColumns{8, 3, 2};
        }) == "tartan: SummaryColumns: group must be <= 1, got 2");
  CHECK(message_of<std::invalid_argument>([] {
          SummaryColumns{4, -1};
        }) == "tartan: SummaryColumns: columns must be >= 0, got -1");
}

TEST_CASE("SummaryColumns looks as its comment shows") {
  std::string picture;
  for (int i = 0; i < 5; ++i) picture += "□ □ ■ □ □\n";
  CHECK(ascii(SummaryColumns<3, 1>{}, 5) == picture);
}
