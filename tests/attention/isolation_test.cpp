// A key outside a row's pattern can't affect that row, whatever it holds; a row without a key is 0.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

/// Poisons key `j` of k or v, and checks that rows not attending j keep their bits but for
/// rounding, and that rows attending a poisoned value are not finite.
template <class M>
void check_isolated(const Sizes& sizes, Index w, Index s, float poison) {
  const Problem<M> clean(sizes, 20);
  for_each_test_pattern(w, s, [&](const char* name, const auto& pattern) {
    const auto expected = attention_with_lse(clean.q, clean.k, clean.v, pattern, clean.options);
    for (const Index j : {Index{0}, sizes.m / 3, sizes.m / 2, sizes.m - 1}) {
      for (const bool in_values : {false, true}) {
        Problem<M> p = clean;
        (in_values ? p.v : p.k).row(j).setConstant(static_cast<typename M::Scalar>(poison));
        const auto got = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
        CAPTURE(name, j, in_values, poison, w, s);
        bool leaked = false, lost = false;
        for (Index r = 0; r < sizes.n; ++r) {
          if (!pattern.contains(sizes.query_offset + r, j)) {
            leaked |= !(difference(got.out.row(r), expected.out.row(r)) < 1e-6);
            leaked |= !(difference(got.lse.row(r), expected.lse.row(r)) < 1e-6);
          } else if (in_values) {
            lost |= got.out.row(r).allFinite();
          }
        }
        CHECK_FALSE(leaked);
        CHECK_FALSE(lost);
      }
    }
  });
}

}  // namespace

TEST_CASE("NaN and infinity in keys that a row does not attend never reach it") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float poison : {nan, infinity, -infinity}) {
    check_isolated<RowMajor<float>>({150, 150, 16, 16}, 9, 4, poison);
    check_isolated<RowMajor<float>>({150, 150, 16, 16}, 64, 32, poison);
    check_isolated<ColMajor<float>>({70, 110, 8, 5, 30}, 12, 5, poison);
    check_isolated<RowMajor<double>>({70, 70, 8, 8}, 20, 6, poison);
  }
}

TEST_CASE("every key poisoned but those of one row") {
  const Index n = 200, row = 101;
  const auto pattern = Causal{} & (Local{40} | Strided{8});
  Problem<RowMajor<float>> p({n, n, 16, 16}, 21);
  const auto expected = attention(p.q, p.k, p.v, pattern);
  for (Index j = 0; j < n; ++j) {
    if (pattern.contains(row, j)) continue;
    p.k.row(j).setConstant(std::numeric_limits<float>::quiet_NaN());
    p.v.row(j).setConstant(std::numeric_limits<float>::infinity());
  }
  CHECK(difference(attention(p.q, p.k, p.v, pattern).row(row), expected.row(row)) < 1e-6);
}

TEST_CASE("a NaN in a query stays in its row") {
  Problem<RowMajor<float>> p({100, 100, 16, 16}, 22);
  const auto expected = attention(p.q, p.k, p.v, Local{9} | Strided{8});
  p.q(50, 3) = std::numeric_limits<float>::quiet_NaN();
  const auto got = attention(p.q, p.k, p.v, Local{9} | Strided{8});
  for (Index r = 0; r < 100; ++r) {
    CAPTURE(r);
    if (r != 50) CHECK(difference(got.row(r), expected.row(r)) < 1e-6);
  }
#ifndef __FAST_MATH__  // there a NaN in what is attended may come out as any number
  CHECK(got.row(50).hasNaN());
#endif
}

TEST_CASE("a row without a key: output 0, log-sum-exp -infinity, also beside rows with keys") {
  const Problem<RowMajor<float>> p({120, 50, 16, 16}, 23);
  const auto check = [&](const auto& pattern) {
    const auto got = attention_with_lse(p.q, p.k, p.v, pattern);
    for (Index r = 0; r < 120; ++r) {
      bool empty = true;
      for (Index j = 0; j < 50; ++j) empty = empty && !pattern.contains(r, j);
      CAPTURE(r, empty);
      if (empty) {
        CHECK(got.out.row(r).isZero(0));
        CHECK(got.lse(r) == -std::numeric_limits<float>::infinity());
      } else {
        CHECK(got.out.row(r).allFinite());
        CHECK(std::isfinite(got.lse(r)));
      }
    }
  };
  check(Local{9});                          // rows beyond the last key
  check(Window<3, 0>{} & Columns<7>{});     // now and then a key
  check(Strided<64>{} & Window<200, 0>{});  // classes with few keys
  check(Local{9} | (Columns<7>{} & Window<3, 0>{}));
}

TEST_CASE("no keys at all") {
  const Problem<RowMajor<double>> p({10, 0, 4, 3}, 24);
  const auto got = attention_with_lse(p.q, p.k, p.v, Local{3} | Strided{4});
  CHECK(got.out.isZero(0));
  CHECK((got.lse.array() == -std::numeric_limits<double>::infinity()).all());
}
