#include <tartan/algebra/difference.hpp>

#include "support/laws.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;

using Ring = Difference<Local<9>, Local<3>>;

static_assert(Pattern<Ring> && std::is_empty_v<Ring>);
static_assert(std::same_as<decltype(Local<9>{} - Local<3>{}), Ring>);
static_assert(std::same_as<decltype(~Causal{}), Complement<Causal>>);
static_assert((Local{9} - Strided{4}).first().window() == 9 &&
              (Local{9} - Strided{4}).second().stride() == 4);
static_assert(Ring{}.contains(9, 7) && !Ring{}.contains(9, 8) && !Ring{}.contains(9, 4));
static_assert(count(~Causal{}, 10) == 45);
static_assert(count(Local<9>{} - Local<3>{}, 100) ==
              count(Local<9>{}, 100) - count(Local<3>{}, 100));

TEST_CASE("a difference holds what the first holds and the second does not") {
  check_laws(Ring{});
  check_laws(Strided{4} - Local{5});
  check_laws(Local{5} - Strided{4});
  check_laws(user::Antidiagonals{} - Local{5});
  check_laws(Local{5} - user::Antidiagonals{});
}

TEST_CASE("regular differences need no filter") {
  const AnyPattern local = any(Local{5}), strided = any(Strided{4});
  check_regular(Ring{});
  check_regular(less(strided, local));
  check_regular(less(any(Columns{4}), local));
  check_regular(less(any(Strided{8}), strided));
  check_regular(less(any(Dense{}), any(Causal{})));
  check_regular(less(local, strided));
  check_regular(less(any(Dense{}), any(Columns{16})));
  check_regular(less(any(Dense{}), any(Documents({0, 3, 4, 9, 15, 15, 30}))));
  CHECK(filtered_bands(less(any(Dense{}), any(Columns{17})), {0, 30, 30}) > 0);
  CHECK(filtered_bands(less(local, any(user::Antidiagonals{})), {0, 30, 30}) > 0);
}

TEST_CASE("a complement and its pattern are all pairs, each once") {
  for (const AnyPattern& p : {any(Causal{}), any(Local{5}), any(Strided{4}), any(Columns{3}),
                              any(user::Antidiagonals{}), any(user::Nothing{})}) {
    const AnyPattern rest = less(any(Dense{}), p);
    check_laws(rest, 10);
    CHECK(count(p, 20, 30) + count(rest, 20, 30) == 600);
    CHECK(count(both(p, rest), 20, 30) == 0);
    CHECK(count(either(p, rest), 20, 30) == 600);
  }
}

TEST_CASE("a pattern without itself is empty") {
  CHECK(count(Strided{4} - Strided{4}, 40) == 0);
  CHECK(count(Local{4} - Dense{}, 40) == 0);
}
