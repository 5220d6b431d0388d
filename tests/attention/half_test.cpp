// Eigen::half and Eigen::bfloat16 in and out: computed in float, rounded once; but for weights of
// bfloat16 where the target has instructions for pairs of it.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

/// Half the distance from 1 to the next number.
template <class S>
constexpr double half_ulp = std::is_same_v<S, Eigen::half> ? 1.0 / 2048 : 1.0 / 256;

/// What rounding the weights takes off a result, at most, where values are at most 1.
template <class S>
constexpr double weight_rounding =
    detail::Elements<float, S>::size > 1 ? half_ulp<Eigen::bfloat16> : 0.0;

template <class M>
double largest(const M& m) {
  return m.size() ? m.template cast<double>().cwiseAbs().maxCoeff() : 0.0;
}

template <class M>
void check_rounding(const Sizes& sizes, const Score& score = {},
                    const std::vector<double>& sinks = {}) {
  using S = typename M::Scalar;
  Problem<M> p(sizes, 21);
  p.options.score = score;
  p.options.sinks = sinks;
  const auto check = [&](const char* name, const auto& pattern) {
    CAPTURE(name, sizes.n, sizes.m, sizes.d, sizes.dv);
    const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    const auto fast = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    // The best possible: the exact result, rounded.
    const Eigen::MatrixXd best = exact.out.template cast<S>().template cast<double>();
    const Eigen::MatrixXd got = fast.out.template cast<double>();
    CHECK(difference(got, exact.out) <= 1.01 * difference(best, exact.out) +
                                            1e-5 * largest(exact.out) +
                                            weight_rounding<S> * largest(p.v));
    // On the average much less; but a sink's weight is not rounded as the others are.
    if (sinks.empty()) {
      const double factor = weight_rounding<S> > 0 ? 1.6 : 1.01;
      CHECK((got - exact.out).norm() <=
            factor * (best - exact.out).norm() + 1e-5 * exact.out.norm());
    }
    CHECK(difference(fast.lse, exact.lse) <= 1e-5);
  };
  for_each_test_pattern(33, 6, check);
  check("narrow", test::any(Local{7}));
}

/// Poisons a key or its value: rows that do not attend it stay what they are, to a rounding; rows
/// that attend the value are not finite.
template <class M>
void check_isolated(const Sizes& sizes, float poison) {
  using S = typename M::Scalar;
  const Problem<M> clean(sizes, 20);
  for_each_test_pattern(9, 4, [&](const char* name, const auto& pattern) {
    const auto expected = attention_with_lse(clean.q, clean.k, clean.v, pattern, clean.options);
    const double allowed = 2 * half_ulp<S> * largest(expected.out);
    for (const Index j : {Index{0}, sizes.m / 3, sizes.m - 1}) {
      for (const bool in_values : {false, true}) {
        Problem<M> p = clean;
        (in_values ? p.v : p.k).row(j).setConstant(static_cast<S>(poison));
        const auto got = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
        CAPTURE(name, j, in_values, poison);
        bool leaked = false, lost = false;
        for (Index r = 0; r < sizes.n; ++r) {
          if (!pattern.contains(sizes.query_offset + r, j)) {
            leaked |= !(difference(got.out.row(r), expected.out.row(r)) <= allowed);
            leaked |= !(difference(got.lse.row(r), expected.lse.row(r)) < 1e-6);
          } else if (in_values) {
            lost |= got.out.row(r).template cast<float>().allFinite();
          }
        }
        CHECK_FALSE(leaked);
        CHECK_FALSE(lost);
      }
    }
  });
}

}  // namespace

TEST_CASE("16-bit scalars are computed in float and rounded once") {
  for (const Sizes& sizes : {Sizes{150, 150, 16, 16}, Sizes{40, 170, 64, 64, 120},
                             Sizes{3, 7, 5, 9}, Sizes{0, 3, 4, 4}, Sizes{70, 70, 80, 66},
                             Sizes{131, 501, 17, 33, 369}, Sizes{3, 2, 0, 4}, Sizes{3, 2, 4, 0}}) {
    check_rounding<RowMajor<Eigen::half>>(sizes);
    check_rounding<RowMajor<Eigen::bfloat16>>(sizes);
    check_rounding<ColMajor<Eigen::bfloat16>>(sizes);
  }
}

TEST_CASE("16-bit scalars: score modifiers and sinks see scaled scores") {
  for (const Sizes& sizes : {Sizes{150, 150, 16, 16}, Sizes{40, 170, 9, 5, 120}}) {
    check_rounding<RowMajor<Eigen::bfloat16>>(sizes, Alibi{0.125}, {0.7});
    check_rounding<RowMajor<Eigen::bfloat16>>(sizes, Softcap{2});
  }
}

TEST_CASE("16-bit scalars: NaN and infinity in keys that a row does not attend never reach it") {
  for (const float poison :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    check_isolated<RowMajor<Eigen::bfloat16>>({151, 151, 16, 16}, poison);
    check_isolated<ColMajor<Eigen::bfloat16>>({70, 110, 7, 5, 31}, poison);
  }
}

TEST_CASE("16-bit scalars: a scale of any sign, and the same bits for any number of threads") {
  using M = RowMajor<Eigen::bfloat16>;
  Problem<M> p({200, 200, 24, 16}, 8);
  const auto mask = Causal{} & (Local{40} | Strided{7});
  for (const double scale : {-0.3, 0.0, 0.25}) {
    p.options.scale = scale;
    const auto exact = reference::attention_with_lse(p.q, p.k, p.v, mask, p.options);
    const auto one = attention_with_lse(p.q, p.k, p.v, mask, p.options, Serial{});
    const auto two = attention_with_lse(p.q, p.k, p.v, mask, p.options, OpenMP{2});
    CHECK(difference(one.lse, exact.lse) <= 1e-5);
    CHECK(difference(one.out.cast<float>(), two.out.cast<float>()) == 0);
    CHECK(difference(one.lse, two.lse) == 0);
  }
}

TEST_CASE("16-bit scalars: heads of one matrix, outputs in a block") {
  using M = RowMajor<Eigen::half>;
  const M x = random_matrix<M>(130, 4 * 16, 3), k = random_matrix<M>(130, 2 * 16, 4);
  const auto mask = Causal{} & (Local{40} | Strided{7});
  const auto exact = reference::multi_head_attention_with_lse(x, k, k, Heads{4, 2}, mask);
  M out = M::Zero(140, 70);
  multi_head_attention_into(out.block(3, 2, 130, 64), x, k, k, Heads{4, 2}, mask, Options{},
                            OpenMP{2});
  CHECK(difference(out.block(3, 2, 130, 64).cast<double>(), exact.out) < 4 * half_ulp<Eigen::half>);
  out.block(3, 2, 130, 64).setZero();
  CHECK(difference(out.cast<float>(), M::Zero(140, 70).cast<float>()) == 0);
}
