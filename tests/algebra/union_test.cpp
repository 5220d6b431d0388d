#include <tartan/algebra/union.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

using Tartan = Union<Local<5>, Strided<4>>;

static_assert(Pattern<Tartan> && std::is_empty_v<Tartan> && sizeof(Tartan) == 1);
static_assert(std::same_as<decltype(Local<5>{} | Strided<4>{}), Tartan>);
static_assert(std::same_as<decltype(Local{5} | Strided{4}), Union<Local<>, Strided<>>>);
static_assert(sizeof(Union<Local<>, Strided<>>) == 2 * sizeof(Index));
static_assert(std::is_empty_v<Union<Tartan, Columns<3>>>);
// Also where both operands hold the same parameter, and so cannot share an address.
static_assert(std::is_empty_v<Union<Local<4>, Columns<4>>>);
static_assert((Local{5} | Strided{4}).first().window() == 5 &&
              (Local{5} | Strided{4}).second().stride() == 4);
static_assert(Tartan{}.contains(9, 7) && Tartan{}.contains(9, 1) && !Tartan{}.contains(9, 2));
// 5 * 16 - 6 pairs of the window, 4 * 16 of the stride; the diagonal is in both.
static_assert(count(Tartan{}, 16) == 74 + 64 - 16);

TEST_CASE("a union holds what either holds, each pair once") {
  check_laws(Tartan{});
  check_laws(Local{5} | Strided{4});
  check_laws(user::Antidiagonals{} | Strided{3});
  CHECK(count(Tartan{}, 16) == 122);
}

TEST_CASE("a union with itself, or with what it holds already, adds nothing") {
  CHECK(count(Strided<4>{} | Strided<4>{}, 50) == count(Strided<4>{}, 50));
  CHECK(count(Strided<2>{} | Strided<4>{}, 50) == count(Strided<2>{}, 50));
  CHECK(count(Local<9>{} | Local<5>{}, 50) == count(Local<9>{}, 50));
  check_regular(either(any(Strided{2}), any(Strided{4})));
  check_regular(either(any(Local{9}), any(Local{5})));
}

// These are what people run: a filter on any of their bands would leave the fast path.
TEST_CASE("regular unions need no filter") {
  check_regular(Tartan{});
  check_regular(Local{5} | (Causal{} & Columns{4}));
  const AnyPattern causal = any(Causal{}), local = any(Local{5}), window = any(Window{6, 1});
  const AnyPattern strided = any(Strided{4}), columns = any(Columns{4});
  check_regular(either(local, strided));
  check_regular(either(strided, local));
  check_regular(either(local, both(causal, columns)));
  check_regular(either(both(causal, columns), local));
  check_regular(both(causal, either(local, strided)));
  check_regular(either(both(causal, local), both(causal, strided)));
  check_regular(either(window, columns));
  check_regular(either(either(window, columns), any(Strided{8})));
  check_regular(either(window, any(user::FirstColumns{4})));
  check_regular(either(columns, strided));
  check_regular(either(strided, any(Strided{8})));
}

TEST_CASE("irregular crossings are split into classes, or take a filter, and are right") {
  for (const Index a : {2, 3, 4, 6, 9}) {
    for (const Index b : {2, 3, 4, 6, 9}) {
      check_laws(either(any(Strided{a}), any(Strided{b})), 6);
      check_laws(either(any(Columns{a}), any(Strided{b})), 6);
      check_laws(either(any(Columns{a}), any(Columns{b})), 6);
    }
  }
  check_laws(either(any(Strided{9}), any(Strided{10})), 6);
  check_regular(either(any(Strided{4}), any(Strided{6})));
  check_regular(either(any(Columns{4}), any(Columns{6})));
  CHECK(filtered_bands(any(Strided{9} | Strided{10}), {0, 40, 40}) > 0);
}

TEST_CASE("however many bands are cut out of one, bands are left") {
  const auto many = user::Diagonals{60, 4} | Strided{4};
  const Extent extent{0, 40, 300};
  check_regular(any(many));
  check_laws(many, 10);
  CHECK(broken_law(any(many), extent) == "");
  CHECK(count(many, 40, 300) == count(Strided{4}, 40, 300));
  const auto apart = user::Diagonals{60, 6} | Strided{4};
  check_regular(any(apart));
  CHECK(broken_law(any(apart), extent) == "");
}
