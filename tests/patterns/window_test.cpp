#include <limits>
#include <stdexcept>
#include <tartan/algebra/intersection.hpp>
#include <tartan/patterns/local.hpp>
#include <tartan/patterns/window.hpp>
#include <tartan/queries/ascii.hpp>
#include <tartan/queries/count.hpp>

#include "support/laws.hpp"

using namespace tartan;
using namespace tartan::test;

using LeftOnly = Window<3, Dynamic>;
using RightOnly = Window<Dynamic, 1>;

static_assert(Pattern<Window<2, 1>> && Pattern<Window<>>);
static_assert(std::is_empty_v<Window<2, 1>> && std::is_empty_v<Window<2>>);
static_assert(sizeof(Window<>) == 2 * sizeof(Index) && sizeof(LeftOnly) == sizeof(Index) &&
              sizeof(RightOnly) == sizeof(Index));
static_assert(std::same_as<decltype(Window{2, 1}), Window<Dynamic, Dynamic>>);
static_assert(std::same_as<Window<2>, Window<2, 2>>);
static_assert(std::is_default_constructible_v<Window<2, 1>> &&
              !std::is_default_constructible_v<Window<>> &&
              !std::is_default_constructible_v<LeftOnly>);
static_assert(Window<2, 1>::static_left == 2 && Window<2, 1>::static_right == 1);
static_assert(Window<2, 1>{}.left() == 2 && Window<2, 1>{}.right() == 1);
static_assert(Window{2, 1}.left() == 2 && Window{2, 1}.right() == 1);
static_assert(LeftOnly{3, 7}.left() == 3 && LeftOnly{3, 7}.right() == 7);
static_assert(Window<2, 1>{}.contains(5, 3) && Window<2, 1>{}.contains(5, 6));
static_assert(!Window<2, 1>{}.contains(5, 2) && !Window<2, 1>{}.contains(5, 7));

TEST_CASE("Window holds i - L <= j <= i + R") {
  for (Index l = 0; l < 5; ++l) {
    for (Index r = 0; r < 5; ++r) {
      const Window window{l, r};
      check_laws(window, 5);
      check_regular(window);
      for (Index i = -4; i < 20; ++i) {
        for (Index j = 0; j < 20; ++j) {
          CHECK(window.contains(i, j) == (i - l <= j && j <= i + r));
        }
      }
      CHECK(count(window, 100) - count(window, 99) == l + r + 1);
    }
  }
}

TEST_CASE("Window<R, R> is Local<2 R + 1>") {
  for (Index reach = 0; reach < 5; ++reach) check_twins(Window{reach, reach}, Local{2 * reach + 1});
}

TEST_CASE("static, half-static and dynamic Window are twins") {
  check_twins(Window<3, 1>{}, Window{3, 1});
  check_twins(Window<3, 1>{}, LeftOnly{3, 1});
  check_twins(Window<3, 1>{}, RightOnly{3, 1});
  check_twins(Window<0, 0>{}, Window<0>{0, 0});
}

TEST_CASE("Window refuses a wrong side, with the rule and the value") {
  CHECK(message_of<std::invalid_argument>([] {
          Window{-1, 0};
        }) == "tartan: Window: left must be >= 0, got -1");
  CHECK(message_of<std::invalid_argument>([] {
          Window{0, -7};
        }) == "tartan: Window: right must be >= 0, got -7");
  CHECK(message_of<std::invalid_argument>([] {
          LeftOnly{2, 0};
        }) == "tartan: Window: left must be the static 3, got 2");
}

TEST_CASE("windows wider than any sequence hold every pair, without overflow") {
  constexpr Index most = std::numeric_limits<Index>::max();
  for (const Index begin : {Index{-1000}, Index{0}, Index{1} << 40}) {
    const tartan::Extent extent{begin, begin + 20, 30};
    Index pairs = 0;
    tartan::for_each_band(Window{most, most} & Local{most}, extent,
                          [&](const tartan::Band& band, const auto& keep) {
                            pairs += tartan::detail::count_pairs(band, keep);
                          });
    CHECK(pairs == 600);
    CHECK(Window{most, most}.contains(begin, 29));
    CHECK(Local{most}.contains(begin, 29));
  }
}

TEST_CASE("Window looks as its comment shows") {
  CHECK(ascii(Window<2, 1>{}, 5) ==
        "■ ■ □ □ □\n"
        "■ ■ ■ □ □\n"
        "■ ■ ■ ■ □\n"
        "□ ■ ■ ■ ■\n"
        "□ □ ■ ■ ■\n");
}
