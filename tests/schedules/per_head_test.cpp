#include <tartan/schedules/per_head.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

constexpr PerHead groups{[](Index head) { return Fixed<8, 2, Dynamic>{8, 2, head % 4}; }};
constexpr PerHead mixed{Local<8>{}, Strided<4>{}};
static_assert(Schedule<std::remove_const_t<decltype(groups)>> && Schedule<PerHead<Dense, Causal>>);
static_assert(with_pattern(groups, 6, [](const auto& p) { return p.group(); }) == 2);
static_assert(with_pattern(mixed, 3, [](const auto& p) { return p.contains(12, 0); }));
static_assert(!with_pattern(mixed, 2, [](const auto& p) { return p.contains(12, 0); }));

TEST_CASE("PerHead of a function: the same pattern with a value that depends on the head") {
  Index shared = 0;
  for (Index head = 0; head < 4; ++head) {
    with_pattern(groups, head, [&](const auto& p) {
      CHECK(p.group() == head);
      for (Index j = 0; j < 8; ++j) shared += p.contains(15, j);
    });
  }
  CHECK(shared == 8);  // each of the first block's columns is seen by one head
}

TEST_CASE("PerHead of a list: head h has pattern h mod n") {
  const PerHead heads{Local{3}, Local{5}, Local{7}};
  for (Index head = 0; head < 7; ++head) {
    CHECK(with_pattern(heads, head, [](const auto& p) { return p.window(); }) == 3 + head % 3 * 2);
  }
}
