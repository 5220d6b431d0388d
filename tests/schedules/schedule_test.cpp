#include <tartan/schedules/alternate.hpp>
#include <tartan/schedules/schedule.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;

namespace {

struct NotASchedule {};

/// A user's own: a window that doubles with each layer.
struct Doubling {
  template <class Visit>
  constexpr decltype(auto) with_pattern(Index layer, Visit&& visit) const {
    return visit(Local{Index{1} << layer});
  }
};

}  // namespace

static_assert(Schedule<Doubling> && Schedule<Alternate<Dense>>);
static_assert(!Schedule<NotASchedule> && !Schedule<Dense> && !Schedule<int>);
static_assert(with_pattern(Dense{}, 7, [](const auto& p) { return p.contains(0, 9); }));
static_assert(with_pattern(Doubling{}, 3, [](const auto& p) { return p.window(); }) == 8);

TEST_CASE("a pattern is a schedule with the same pattern everywhere") {
  for (Index layer = 0; layer < 4; ++layer) {
    CHECK(with_pattern(Local{5}, layer, [](const auto& p) { return p.window(); }) == 5);
  }
}

TEST_CASE("a layer or head is refused where it is negative") {
  CHECK(message_of<std::invalid_argument>([] {
          with_pattern(Alternate{Dense{}}, -1, [](const auto&) {});
        }) == "tartan: schedule: a layer or head must be >= 0, got -1");
}
