#include <tartan/scores/alibi.hpp>

#include "support/catch.hpp"

using namespace tartan;

namespace {
/// Equal but for the way to base 2 and back.
bool is_near(double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(b)); }
}  // namespace

static_assert(ScoreModifier<Alibi>);

TEST_CASE("Alibi takes slope times distance off, by head") {
  const Score score{Alibi({0.5, 0.25})};
  CHECK(is_near(score(1.0, 10, 4, 0), 1.0 - 0.5 * 6));
  CHECK(is_near(score(1.0, 10, 4, 1), 1.0 - 0.25 * 6));
  CHECK(is_near(score(1.0, 4, 10, 1), 1.0 - 0.25 * 6));
  CHECK(is_near(Score{Alibi{0.5}}(0.0, 3, 0, 7), -1.5));
}

TEST_CASE("the slopes of the paper, and of its code where heads are no power of two") {
  const Alibi eight = Alibi::of_heads(8);
  for (Index h = 0; h < 8; ++h) CHECK(eight.alibi_slope(h) == std::exp2(-double(h + 1)));
  const Alibi twelve = Alibi::of_heads(12);  // 8 heads, then every second slope of 16
  for (Index h = 0; h < 8; ++h) CHECK(twelve.alibi_slope(h) == std::exp2(-double(h + 1)));
  for (Index h = 0; h < 4; ++h) CHECK(twelve.alibi_slope(8 + h) == std::exp2(-0.5 - double(h)));
}

TEST_CASE("Alibi refuses no heads, no slopes, and slopes for other heads") {
  CHECK(message_of<std::invalid_argument>([] { Alibi::of_heads(0); }) ==
        "tartan: Alibi: heads must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] { Alibi(std::vector<double>{}); }) ==
        "tartan: Alibi: slopes must not be empty");
  CHECK(message_of<std::invalid_argument>([] {
          Score{Alibi({1, 2})}.check({}, 3);
        }) == "tartan: Alibi: there are 2 slopes for 3 query heads (one for all, or one for each)");
}
