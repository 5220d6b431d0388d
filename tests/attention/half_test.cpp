// Eigen::half and Eigen::bfloat16 in and out: computed in float, rounded once.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

/// Half the distance from 1 to the next number.
template <class S>
constexpr double half_ulp = std::is_same_v<S, Eigen::half> ? 1.0 / 2048 : 1.0 / 256;

template <class M>
void check_rounding(const Sizes& sizes) {
  using S = typename M::Scalar;
  Problem<M> p(sizes, 21);
  const auto check = [&](const char* name, const auto& pattern) {
    CAPTURE(name, sizes.n, sizes.m, sizes.d, sizes.dv);
    const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    const auto fast = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
    // The best possible: the exact result, rounded.
    const Eigen::MatrixXd best = exact.out.template cast<S>().template cast<double>();
    const Eigen::MatrixXd got = fast.out.template cast<double>();
    const double largest = exact.out.size() ? exact.out.cwiseAbs().maxCoeff() : 0.0;
    CHECK(difference(got, exact.out) <= 1.01 * difference(best, exact.out) + 1e-5 * largest);
    CHECK(difference(fast.lse, exact.lse) <= 1e-5);
  };
  for_each_test_pattern(33, 6, check);
  check("narrow", Local{7});
}

}  // namespace

TEST_CASE("16-bit scalars are computed in float and rounded once") {
  for (const Sizes& sizes : {Sizes{150, 150, 16, 16}, Sizes{40, 170, 64, 64, 120},
                             Sizes{3, 7, 5, 9}, Sizes{0, 3, 4, 4}, Sizes{70, 70, 80, 66}}) {
    check_rounding<RowMajor<Eigen::half>>(sizes);
    check_rounding<ColMajor<Eigen::bfloat16>>(sizes);
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
