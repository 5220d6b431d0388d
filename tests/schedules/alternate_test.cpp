#include <tartan/schedules/alternate.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

using Layers = Alternate<Local<8>, Strided<4>, Local<8>>;

static_assert(Schedule<Layers> && Layers::period == 3);
static_assert(
    std::same_as<decltype(Alternate{Local{8}, Strided{4}}), Alternate<Local<>, Strided<>>>);
static_assert(std::same_as<Layers::PatternOf<1>, Strided<4>>);
static_assert(std::same_as<Layers::PatternOf<5>, Local<8>>);
static_assert(std::is_default_constructible_v<Layers> &&
              !std::is_default_constructible_v<Alternate<Local<>>>);
static_assert(Layers{}.pattern<4>().stride() == 4);
static_assert(with_pattern(Layers{}, 4, [](const auto& p) { return count(p, 12); }) == 36);

TEST_CASE("Alternate has its patterns in turn, at compile time and at run time") {
  const Alternate layers{Local{3}, Strided{5}, Columns{7}};
  for (Index layer = 0; layer < 9; ++layer) {
    const Index pairs = with_pattern(layers, layer, [](const auto& p) { return count(p, 35); });
    CHECK(pairs == (layer % 3 == 0   ? count(Local{3}, 35)
                    : layer % 3 == 1 ? count(Strided{5}, 35)
                                     : count(Columns{7}, 35)));
  }
  CHECK(layers.pattern<3>().window() == 3);
  CHECK(layers.pattern<7>().stride() == 5);
}

TEST_CASE("Alternate hands the pattern itself to the visitor, and returns what that returns") {
  const Alternate layers{Local{3}, Local{5}};
  const Local<>& second =
      with_pattern(layers, 1, [](const Local<>& pattern) -> const Local<>& { return pattern; });
  CHECK(&second == &layers.pattern<1>());
}
