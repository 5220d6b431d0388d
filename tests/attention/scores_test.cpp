// Score modifiers and sinks in attention(): against the reference, for every kind of part that the
// kernel has.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

namespace {

template <class M>
void check_score(const Score& score, const std::vector<double>& sinks = {}) {
  for (const Sizes& sizes :
       {Sizes{150, 150, 16, 16}, Sizes{40, 170, 9, 5, 120}, Sizes{3, 7, 4, 4}}) {
    Problem<M> p(sizes, 11);
    p.options.score = score;
    p.options.sinks = sinks;
    const auto check = [&](const char* name, const auto& pattern) {
      CAPTURE(name, sizes.n, sizes.m);
      const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern, p.options);
      const auto fast = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
      const double epsilon =
          static_cast<double>(std::numeric_limits<typename M::Scalar>::epsilon());
      CHECK(difference(fast.out, exact.out) <= 256 * epsilon);
      CHECK(difference(fast.lse, exact.lse) <= 256 * epsilon);
    };
    for_each_test_pattern(33, 6, check);
    check("narrow, sheared", Local{7});
    check("grid, sheared in lines", Neighborhood<10, 15>{{.kernel = 5}, {.kernel = 5}});
    const Axis shifted{.kernel = 7, .border = Border::shift};
    check("grid, shifted", Neighborhood<3, 50>{{.kernel = 3}, shifted});
  }
}

}  // namespace

TEST_CASE("softcap") {
  check_score<RowMajor<float>>(Softcap{2});
  check_score<RowMajor<double>>(Softcap{2});
}
TEST_CASE("alibi") { check_score<RowMajor<float>>(Alibi{0.125}); }
TEST_CASE("relative bias") {
  check_score<RowMajor<float>>(RelativeBias(random_matrix<Eigen::MatrixXd>(60, 1, 3), -20));
}
TEST_CASE("bias matrix, of either order and of another scalar type") {
  const auto columns = random_matrix<Eigen::MatrixXf>(300, 200, 4);
  const RowMajor<double> rows = columns.cast<double>();
  check_score<RowMajor<float>>(ScoreBias(columns));
  check_score<RowMajor<float>>(ScoreBias(rows));
  check_score<RowMajor<double>>(ScoreBias(rows));
}
TEST_CASE("a callable, and several one after the other") {
  const auto mine = [](const auto& s, const auto& i, const auto& j) {
    using T = typename std::decay_t<decltype(s)>::Scalar;
    return s * T(0.5) - T(0.01) * (i - j).abs().sqrt();
  };
  static_assert(!ScoreModifier<int> && ScoreModifier<decltype(mine)>);
  check_score<RowMajor<float>>(mine);
  check_score<RowMajor<double>>({Softcap{3}, mine, Alibi{0.1}});
}
TEST_CASE("sinks") {
  check_score<RowMajor<float>>({}, {0.7});
  check_score<RowMajor<double>>(Softcap{3}, {-2.5});
}

TEST_CASE("a row without a key and with a sink: output 0, and the sink as its log-sum-exp") {
  const RowMajor<float> x = RowMajor<float>::Ones(4, 8);
  const auto got = attention_with_lse(x, x, x, Dense{} - Dense{}, {.sinks = {1.5}});
  CHECK(difference(got.out, RowMajor<float>::Zero(4, 8)) == 0);
  CHECK(difference(got.lse, Eigen::VectorXf::Constant(4, 1.5f)) < 1e-6);
}

TEST_CASE("sinks and slopes by head") {
  const auto x = random_matrix<RowMajor<float>>(90, 3 * 8, 5);
  const Options options{.score = {Alibi::of_heads(3),
                                  [](const auto& s, const auto&, const auto&, Index head) {
                                    using T = typename std::decay_t<decltype(s)>::Scalar;
                                    return s * T(1 + head);
                                  }},
                        .sinks = {-1, 0, 2}};
  const auto exact = reference::multi_head_attention_with_lse(x, x, x, Heads{3}, Causal{}, options);
  const auto fast = multi_head_attention_with_lse(x, x, x, Heads{3}, Causal{}, options);
  CHECK(difference(fast.out, exact.out) < 1e-5);
  CHECK(difference(fast.lse, exact.lse) < 1e-5);
}

#ifndef __FAST_MATH__
TEST_CASE("-infinity added to a score takes the pair out, and NaN beside the pattern stays out") {
  auto x = random_matrix<RowMajor<float>>(80, 8, 6);
  Eigen::MatrixXf mask = Eigen::MatrixXf::Zero(80, 80);
  for (Index i = 0; i < 80; ++i) {
    for (Index j = i + 1; j < 80; ++j) mask(i, j) = -std::numeric_limits<float>::infinity();
  }
  const Options options{.score = ScoreBias(mask)};
  CHECK(difference(attention(x, x, x, Dense{}, options), attention(x, x, x, Causal{})) < 1e-5);
  const auto clean = attention(x, x, x, Local{9}, options);
  auto dirty = x;
  dirty.row(70).setConstant(std::numeric_limits<float>::quiet_NaN());
  const auto got = attention(x, dirty, dirty, Local{9}, options);
  CHECK(difference(got.topRows(60), clean.topRows(60)) == 0);
}
#endif

TEST_CASE("the lowest number as a mask: a row of nothing else has them all alike") {
  const auto x = random_matrix<RowMajor<float>>(40, 8, 7);
  Eigen::MatrixXf mask = Eigen::MatrixXf::Zero(40, 40);
  mask.row(3).setConstant(std::numeric_limits<float>::lowest());
  mask.bottomRightCorner(20, 20).setConstant(std::numeric_limits<float>::lowest());
  const Options options{.score = ScoreBias(mask)};
  const auto exact = reference::attention(x, x, x, Dense{}, options);
  CHECK(difference(attention(x, x, x, Dense{}, options), exact) < 1e-5);
}

TEST_CASE("the bits do not depend on what ran before on the thread") {
  const auto q = random_matrix<RowMajor<float>>(4, 8, 1, 3),
             k = random_matrix<RowMajor<float>>(16, 8, 2, 3);
  const auto large = random_matrix<RowMajor<float>>(128, 80, 3, 1000);
  const Options options{.query_offset = -2, .score = Softcap{2}};
  attention(RowMajor<float>::Zero(128, 80).eval(), large, large, Dense{}, {}, Serial{});
  const auto first = attention(q, k, k, Window{4, 0}, options, Serial{});
  attention(large, large, large, Dense{}, {}, Serial{});
  CHECK(difference(attention(q, k, k, Window{4, 0}, options, Serial{}), first) == 0);
}
