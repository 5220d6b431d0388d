#include <string>
#include <tartan/patterns/local.hpp>
#include <tartan/patterns/pattern.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

namespace {

struct NoContains {};
struct WrongResult {
  std::string contains(Index, Index) const { return ""; }
};
struct NotCopied {
  NotCopied(const NotCopied&) = delete;
  bool contains(Index, Index) const { return true; }
};

}  // namespace

static_assert(Pattern<user::Antidiagonals> && Pattern<user::FirstColumns> && Pattern<AnyPattern>);
static_assert(!Pattern<NoContains> && !Pattern<WrongResult> && !Pattern<NotCopied> &&
              !Pattern<int>);
static_assert(detail::HasBands<user::FirstColumns> && !detail::HasBands<user::Antidiagonals>);
static_assert(std::same_as<decltype(detail::keep_both(KeepAll{}, KeepAll{})), KeepAll>);

TEST_CASE("a pattern of contains() alone is one band of all pairs, filtered") {
  check_laws(user::Antidiagonals{});
  CHECK(filtered_bands(any(user::Antidiagonals{}), {0, 9, 9}) == 1);
  CHECK(filtered_bands(any(user::Antidiagonals{}), {0, 0, 9}) == 0);
  CHECK(filtered_bands(any(user::Antidiagonals{}), {0, 9, 0}) == 0);
}

TEST_CASE("a user's bands are clipped to the extent") {
  check_laws(user::FirstColumns{4});
  check_laws(user::Diagonals{3, 5});
  check_regular(user::FirstColumns{4});
  for_each_band(user::FirstColumns{40}, Extent{2, 5, 7}, [](const Band& band, const KeepAll&) {
    CHECK(band == Band{Lattice::range(2, 5), Lattice::range(0, 7)});
  });
}

TEST_CASE("a pattern with no bands holds nothing") {
  check_laws(user::Nothing{});
  CHECK(count(user::Nothing{}, 30) == 0);
}

TEST_CASE("keep_both keeps what both keep") {
  const detail::KeepInside<Local<>> narrow{Local{3}};
  const detail::KeepInside<Local<>> wide{Local{7}};
  const detail::KeepOutside<Local<>> outside{Local{3}};
  const auto ring = detail::keep_both(wide, outside);
  const auto same = detail::keep_both(KeepAll{}, narrow);
  const auto also_same = detail::keep_both(narrow, KeepAll{});
  for (Index i = 0; i < 9; ++i) {
    for (Index j = 0; j < 9; ++j) {
      CHECK(ring(i, j) == (Local{7}.contains(i, j) && !Local{3}.contains(i, j)));
      CHECK(same(i, j) == Local{3}.contains(i, j));
      CHECK(also_same(i, j) == Local{3}.contains(i, j));
    }
  }
}

// A bug in a pattern must be seen by the laws; here are three.
namespace {

struct TooMuch {
  bool contains(Index i, Index j) const { return j <= i; }
  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys(), Bound::none_below(), Bound{1}});
  }
};
struct TooLittle {
  bool contains(Index i, Index j) const { return j <= i; }
  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys(), Bound::none_below(), Bound{-1}});
  }
};
struct Twice {
  bool contains(Index, Index) const { return true; }
  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys()});
    visit(Band{extent.rows(), extent.keys(), Bound{0}, Bound{0}});
  }
};

}  // namespace

TEST_CASE("the laws see bands that hold too much, too little, or a pair twice") {
  const Extent extent{0, 6, 6};
  CHECK(broken_law(any(TooMuch{}), extent) == "in a band only: (0, 1) in rows [0, 6), 6 keys");
  CHECK(broken_law(any(TooLittle{}), extent) == "in no band: (0, 0) in rows [0, 6), 6 keys");
  CHECK(broken_law(any(Twice{}), extent) == "in several bands: (0, 0) in rows [0, 6), 6 keys");
  CHECK(broken_query(any(Twice{}), 6, 6) == "count is 42, of 36 pairs");
  CHECK(broken_query(any(TooMuch{}), 6, 6) == "mask_matrix differs from contains");
}
