#include <tartan/algebra/intersection.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

using Past = Intersection<Causal, Union<Local<5>, Strided<4>>>;

static_assert(Pattern<Past> && std::is_empty_v<Past> && sizeof(Past) == 1);
static_assert(std::same_as<decltype(Causal{} & (Local<5>{} | Strided<4>{})), Past>);
static_assert(std::same_as<decltype(Causal{} & Local{5}), Intersection<Causal, Local<>>>);
static_assert(sizeof(Intersection<Causal, Local<>>) == sizeof(Index));
static_assert((Local{5} & Strided{4}).first().window() == 5 &&
              (Local{5} & Strided{4}).second().stride() == 4);
static_assert(Past{}.contains(9, 7) && Past{}.contains(9, 1) && !Past{}.contains(9, 10));
static_assert(count(Causal{} & Strided<32>{}, 1024) == 32 * (32 * 33 / 2));

TEST_CASE("an intersection holds what both hold") {
  check_laws(Past{});
  check_laws(Local{9} & user::Antidiagonals{});
}

TEST_CASE("regular intersections need no filter") {
  check_regular(Past{});
  check_regular(Strided{4} & Strided{6});
  const AnyPattern causal = any(Causal{}), strided = any(Strided{4}), columns = any(Columns{4});
  check_regular(both(causal, columns));
  check_regular(both(causal, strided));
  check_regular(both(any(Local{9}), strided));
  check_regular(both(any(Window{3, 9}), columns));
  check_regular(both(columns, any(Strided{6})));
  check_regular(both(causal, either(any(Local{5}), both(causal, columns))));
}

TEST_CASE("crossing lattices meet on the common one") {
  for (const Index a : {1, 2, 3, 4, 6, 9}) {
    for (const Index b : {1, 2, 3, 4, 6, 9}) {
      const Index common = std::lcm(a, b);
      CHECK(count(Strided{a} & Strided{b}, 50, 41) == count(Strided{common}, 50, 41));
      CHECK(count(Columns{a} & Columns{b}, 50, 41) == count(Columns{common}, 50, 41));
      check_laws(both(any(Strided{a}), any(Strided{b})), 5);
      check_laws(both(any(Columns{a}), any(Strided{b})), 5);
    }
  }
}

TEST_CASE("many residue classes cross without a band for each pair of them") {
  const auto diagonals = Strided{1021} & Strided{1019};
  CHECK(count(diagonals, 1200) == 1200);
  CHECK(detail::band_count(diagonals, {0, 1200, 1200}) == 1021);
  check_laws(diagonals, 2);
  check_laws(Strided{29} & Strided{31}, 40);
  check_laws((Strided{29} | Columns{23}) & (Strided{31} | Local{3}), 3);
}

TEST_CASE("windows meet in a window, or not at all") {
  check_twins(Window{5, 1} & Window{2, 3}, Window{2, 1});
  CHECK(count(Window{5, 1} & user::Diagonals{1, 1}, 20) == 20);
  CHECK(count(Local{1} & user::Nothing{}, 20) == 0);
}

TEST_CASE("Causal & P is P without the future") {
  const auto mask = mask_matrix(Causal{} & (Local{5} | Columns{4}), 20, 30);
  const auto whole = mask_matrix(Local{5} | Columns{4}, 20, 30);
  for (Index i = 0; i < 20; ++i) {
    for (Index j = 0; j < 30; ++j) CHECK(mask(i, j) == (whole(i, j) && j <= i));
  }
}

TEST_CASE("a user's patterns combine, with the library's and with each other") {
  check_laws(user::Antidiagonals{} & Causal{});
  check_laws(Causal{} & user::Antidiagonals{});
  check_laws(user::Antidiagonals{} & user::FirstColumns{5});
  check_laws(user::Diagonals{3, 4} & user::FirstColumns{5});
}
