#include <tartan/scores/softcap.hpp>

#include "support/catch.hpp"

using namespace tartan;

static_assert(ScoreModifier<Softcap>);

TEST_CASE("Softcap is cap * tanh(s / cap), near 0 and far from it") {
  double worst_float = 0, worst_double = 0;
  for (const double cap : {0.5, 30.0, 50.0}) {
    const Softcap softcap{cap};
    CHECK(softcap.cap() == cap);
    for (double s = -4 * cap; s <= 4 * cap; s += cap / 97) {
      const double exact = cap * std::tanh(s / cap);
      const auto in_float =
          softcap.on(detail::ScoreRun<float>{}).at(ScoreArray<float>::Constant(float(s)), {});
      const auto in_double =
          softcap.on(detail::ScoreRun<double>{}).at(ScoreArray<double>::Constant(s), {});
      worst_float = std::max(worst_float, std::abs(double(in_float(0)) - exact) / cap);
      worst_double = std::max(worst_double, std::abs(in_double(0) - exact) / cap);
    }
  }
  CHECK(worst_float < 5e-7);
  CHECK(worst_double < 1e-15);
}

TEST_CASE("Softcap refuses a cap that caps nothing") {
  CHECK(message_of<std::invalid_argument>([] { Softcap{0}; }) ==
        "tartan: Softcap: cap must be > 0 and finite, got 0.000000");
}
