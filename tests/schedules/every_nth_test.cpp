#include <tartan/schedules/every_nth.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

constexpr EveryNth phi{2, Causal{}, Causal{} & Local<8>{}};
static_assert(Schedule<EveryNth<Causal, Dense>> && phi.n() == 2);
static_assert(!with_pattern(phi, 0, [](const auto& p) { return p.contains(40, 0); }));
static_assert(with_pattern(phi, 1, [](const auto& p) { return p.contains(40, 0); }));

TEST_CASE("EveryNth has the special pattern in the n-th layer, counted from 1, and so on") {
  for (Index n = 1; n < 5; ++n) {
    const EveryNth layers{n, Dense{}, Local{1}};
    for (Index layer = 0; layer < 12; ++layer) {
      const bool dense =
          with_pattern(layers, layer, [](const auto& p) { return p.contains(0, 9); });
      CHECK(dense == ((layer + 1) % n == 0));
    }
  }
}

TEST_CASE("EveryNth refuses an n below 1") {
  CHECK(message_of<std::invalid_argument>([] { EveryNth(0, Dense{}, Dense{}); }) ==
        "tartan: EveryNth: n must be >= 1, got 0");
}
