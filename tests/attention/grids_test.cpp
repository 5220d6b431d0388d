// attention() on grids, whose lines are worked on in pairs: line lengths, kernels, borders, calls
// on a part of the rows, layouts, and what else shares their tiles.
#include "support/any_pattern.hpp"
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/problem.hpp"
#include "support/random.hpp"

using namespace tartan;
using tartan::test::any;
using tartan::test::AnyPattern;
using tartan::test::either;
using tartan::test::Random;

namespace {

Axis any_axis(Random& random) {
  return {.kernel = random.in(1, 9),
          .dilation = random.in(0, 2) == 0 ? random.in(1, 3) : 1,
          .causal = random.in(0, 4) == 0,
          .border = random.in(0, 1) ? Border::shift : Border::shrink};
}

AnyPattern any_grid(Random& random) {
  const Index line = random.in(0, 1) ? 16 * random.in(1, 5) : random.in(1, 70);
  const Axis last = any_axis(random), first = any_axis(random);
  if (random.in(0, 2) == 0) {
    return any(Neighborhood<Dynamic, Dynamic, Dynamic>({random.in(1, 4), random.in(1, 4), line},
                                                       any_axis(random), first, last));
  }
  return any(Neighborhood<Dynamic, Dynamic>({random.in(1, 12), line}, first, last));
}

/// A grid, alone or with what is not one.
AnyPattern any_pattern(Random& random) {
  const AnyPattern grid = any_grid(random);
  switch (random.in(0, 5)) {
    case 0:
      return either(grid, any(GlobalTokens<>::at({0, 17, 40})));
    case 1:
      return either(grid, any(Strided{random.in(2, 40)}));
    case 2:
      return both(any(Causal{}), grid);
    case 3:
      return either(any(Local{random.in(1, 90)}), grid);
    default:
      return grid;
  }
}

template <class M>
void check_exact(unsigned seed, int trials) {
  Random random(seed);
  for (int trial = 0; trial < trials; ++trial) {
    const AnyPattern pattern = any_pattern(random);
    const Sizes sizes{random.in(1, 500), random.in(1, 500), random.in(1, 20), random.in(1, 40),
                      random.in(0, 1) ? 0 : random.in(-40, 200)};
    const Problem<M> p(sizes, seed + static_cast<unsigned>(trial));
    CAPTURE(trial, sizes.n, sizes.m, sizes.d, sizes.dv, sizes.query_offset);
    const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    const auto fast = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    CHECK(difference(fast.out, exact.out) <=
          allowed_error(p.q, p.k, p.v, pattern, p.options, exact.out));
    const double epsilon = static_cast<double>(std::numeric_limits<typename M::Scalar>::epsilon());
    CHECK(difference(fast.lse, exact.lse) <= 64 * epsilon);
  }
}

/// The last task first.
struct Backwards {
  Index concurrency() const { return 5; }
  void operator()(Index count, const Task& task) const {
    while (count > 0) task(--count);
  }
};

}  // namespace

TEST_CASE("grids of any shape, alone and with other patterns, are exact") {
  check_exact<RowMajor<float>>(1, 150);
  check_exact<ColMajor<float>>(2, 100);
  check_exact<RowMajor<double>>(3, 60);
}

TEST_CASE("a call on a part of a grid's rows gives those rows") {
  const Neighborhood<20, 32> grid{{.kernel = 5}, {.kernel = 7, .border = Border::shift}};
  const Problem<RowMajor<float>> p({640, 640, 16, 16}, 4);
  const auto whole = attention(p.q, p.k, p.v, grid);
  for (const Index begin : {0, 1, 31, 33, 64, 100, 639}) {
    for (const Index rows : {1, 2, 40, 64, 300}) {
      const Index count = std::min(rows, 640 - begin);
      const RowMajor<float> q = p.q.middleRows(begin, count);
      const auto part = attention(q, p.k, p.v, grid, Options{.query_offset = begin});
      CAPTURE(begin, rows);
      CHECK(difference(part, whole.middleRows(begin, count)) < 1e-5);
    }
  }
}

#ifndef __FAST_MATH__
TEST_CASE("NaN in a point of a grid reaches its neighbourhood, and no other point") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Index line = 32, points = 12 * line;
  const auto check = [&](const auto& pattern, Index point, bool in_value) {
    Problem<RowMajor<float>> p({points, points, 16, 16}, 5);
    const auto clean = attention(p.q, p.k, p.v, pattern);
    (in_value ? p.v : p.k)(point, 3) = nan;
    const auto out = attention(p.q, p.k, p.v, pattern);
    Index wrong = 0;
    for (Index i = 0; i < points; ++i) {
      const bool seen = pattern.contains(i, point);
      wrong += seen ? !std::isnan(out(i, 3)) : !(difference(out.row(i), clean.row(i)) < 1e-5);
    }
    CAPTURE(point, in_value);
    CHECK(wrong == 0);
  };
  const Axis shrink{.kernel = 5}, shift{.kernel = 5, .border = Border::shift};
  for (const Index point :
       {Index{0}, line - 1, 5 * line, 5 * line + 15, 6 * line - 1, points - 1}) {
    for (const bool in_value : {false, true}) {
      check(Neighborhood<12, 32>{shrink, shrink}, point, in_value);
      check(Neighborhood<12, 32>{shift, shift}, point, in_value);
    }
  }
}
#endif

TEST_CASE("grids: the same bits for any number of threads, and any order of the tasks") {
  const Problem<RowMajor<float>> p({1500, 1500, 16, 16}, 6);
  const AnyPattern patterns[] = {
      any(Neighborhood<30, 50>{{.kernel = 5}, {.kernel = 7, .border = Border::shift}}),
      any(Neighborhood<5, 6, 50>{{.kernel = 3}, {.kernel = 3}, {.kernel = 5, .dilation = 2}}),
      either(any(Neighborhood<30, 50>{{.kernel = 25}, {.kernel = 25}}), any(Strided{50}))};
  for (const AnyPattern& pattern : patterns) {
    const auto serial = attention(p.q, p.k, p.v, pattern, Options{}, Serial{});
    CHECK(difference(attention(p.q, p.k, p.v, pattern, Options{}, OpenMP{3}), serial) == 0);
    CHECK(difference(attention(p.q, p.k, p.v, pattern, Options{}, Backwards{}), serial) == 0);
  }
}
