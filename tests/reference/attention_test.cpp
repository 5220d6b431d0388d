// The oracle itself, against softmax(scale * Q K^T, masked) * V in dense matrices.
#include <tartan/reference/attention.hpp>

#include "support/any_pattern.hpp"
#include "support/catch.hpp"
#include "support/user_patterns.hpp"

using namespace tartan;
using namespace tartan::test;
using Eigen::MatrixXd;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The mask with rows [offset, offset + n) of the pattern.
Eigen::ArrayXX<bool> mask_of(const AnyPattern& pattern, Index offset, Index n, Index m) {
  Eigen::ArrayXX<bool> mask(n, m);
  for (Index r = 0; r < n; ++r) {
    for (Index j = 0; j < m; ++j) mask(r, j) = pattern.contains(offset + r, j);
  }
  return mask;
}

reference::Attention<> dense(const MatrixXd& q, const MatrixXd& k, const MatrixXd& v,
                             const AnyPattern& pattern, double scale, Index offset) {
  const Index n = q.rows(), m = k.rows();
  reference::Attention<> result{MatrixXd::Zero(n, v.cols()),
                                Eigen::VectorXd::Constant(n, -infinity)};
  if (n == 0 || m == 0) return result;
  const MatrixXd scores = scale * (q * k.transpose());
  const Eigen::ArrayXXd kept = mask_of(pattern, offset, n, m).cast<double>();
  // Any number will do for the maximum, so that of all scores does, attended or not.
  const Eigen::ArrayXd row_max = scores.rowwise().maxCoeff();
  const Eigen::ArrayXXd weights = (scores.array().colwise() - row_max).exp() * kept;
  const Eigen::ArrayXd row_sum = weights.rowwise().sum();
  const MatrixXd sums = weights.matrix() * v;
  for (Index r = 0; r < n; ++r) {
    if (row_sum(r) == 0) continue;
    result.out.row(r) = sums.row(r) / row_sum(r);
    result.lse(r) = row_max(r) + std::log(row_sum(r));
  }
  return result;
}

MatrixXd random(Index rows, Index cols, unsigned seed) {
  std::srand(seed);
  return 2.0 * MatrixXd::Random(rows, cols);
}

std::vector<AnyPattern> list() {
  std::vector<AnyPattern> patterns = {
      AnyPattern::of("Dense", Dense{}),           AnyPattern::of("Causal", Causal{}),
      AnyPattern::of("Local{5}", Local{5}),       AnyPattern::of("Window{3, 1}", Window{3, 1}),
      AnyPattern::of("Strided{4}", Strided{4}),   AnyPattern::of("Columns{3}", Columns{3}),
      AnyPattern::of("Nothing", user::Nothing{}), AnyPattern::of("i + j", user::Antidiagonals{})};
  patterns.push_back(either(patterns[2], patterns[4]));
  patterns.push_back(both(patterns[1], either(patterns[2], patterns[5])));
  return patterns;
}

template <class A, class B>
double off(const A& a, const B& b) {
  return a.size() == 0 ? 0.0 : (a - b).cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("the reference is the dense masked softmax") {
  struct Sizes {
    Index n, m, d, dv, offset;
  };
  const Sizes shapes[] = {{12, 12, 4, 3, 0}, {9, 15, 1, 1, 0}, {15, 9, 8, 5, -3},
                          {6, 20, 3, 2, 11}, {1, 1, 1, 1, 0},  {0, 5, 2, 2, 0},
                          {5, 0, 2, 2, 0},   {4, 4, 0, 2, 0},  {4, 4, 2, 0, 0}};
  for (const Sizes& s : shapes) {
    const MatrixXd q = random(s.n, s.d, 1), k = random(s.m, s.d, 2), v = random(s.m, s.dv, 3);
    for (const AnyPattern& pattern : list()) {
      for (const std::optional<double> scale : {std::optional<double>{}, {0.3}, {-1.0}, {0.0}}) {
        const double factor = scale     ? *scale
                              : s.d > 0 ? 1.0 / std::sqrt(static_cast<double>(s.d))
                                        : 1.0;
        const auto expected = dense(q, k, v, pattern, factor, s.offset);
        const Options options{.scale = scale, .query_offset = s.offset};
        const auto got = reference::attention_with_lse(q, k, v, pattern, options);
        INFO(pattern.name() << ", " << s.n << " by " << s.m);
        CHECK(got.out.rows() == s.n);
        CHECK(got.out.cols() == s.dv);
        CHECK(off(got.out, expected.out) < 1e-12);
        bool lse_right = got.lse.size() == s.n;
        for (Index r = 0; r < s.n && lse_right; ++r) {
          lse_right =
              got.lse(r) == expected.lse(r) || std::abs(got.lse(r) - expected.lse(r)) < 1e-12;
        }
        CHECK(lse_right);
        CHECK(off(reference::attention(q, k, v, pattern, options), got.out) == 0);
      }
    }
  }
}

TEST_CASE("rows without a key are 0, their log-sum-exp -infinity") {
  const MatrixXd q = random(6, 3, 1), k = random(6, 3, 2), v = random(6, 2, 3);
  const AnyPattern pattern = AnyPattern::of("Local{1}", Local{1});
  const auto got =
      reference::attention_with_lse(q, k, v, pattern, {.scale = {}, .query_offset = 3});
  for (Index r = 0; r < 6; ++r) {
    CAPTURE(r);
    CHECK(off(got.out.row(r), r < 3 ? MatrixXd(v.row(r + 3)) : MatrixXd::Zero(1, 2)) == 0);
#ifndef __FAST_MATH__
    CHECK((got.lse(r) == -infinity) == (r >= 3));
#endif
  }
}

TEST_CASE("float inputs are computed with in double; any storage order, blocks and fixed sizes") {
  const Eigen::Matrix<float, Dynamic, Dynamic, Eigen::RowMajor> all =
      random(10, 9, 4).cast<float>();
  const AnyPattern pattern = AnyPattern::of("Causal", Causal{});
  const auto got =
      reference::attention(all.leftCols(3), all.middleCols(3, 3), all.rightCols<2>(), pattern);
  const MatrixXd a = all.cast<double>();
  CHECK(off(got, dense(a.leftCols(3), a.middleCols(3, 3), a.rightCols(2), pattern,
                       1.0 / std::sqrt(3.0), 0)
                     .out) < 1e-14);
}

TEST_CASE("scores far apart neither overflow nor vanish") {
  const MatrixXd q = MatrixXd::Constant(1, 1, 1000.0);
  const MatrixXd k = (MatrixXd(3, 1) << -5, 4, 4).finished();
  const MatrixXd v = (MatrixXd(3, 1) << 100, 2, 6).finished();
  const auto got = reference::attention_with_lse(q, k, v, AnyPattern::of("Dense", Dense{}));
  CHECK(std::abs(got.out(0, 0) - 4) < 1e-12);
  CHECK(std::abs(got.lse(0) - (4000 + std::log(2.0))) < 1e-9);
}

#ifndef __FAST_MATH__
TEST_CASE("a row whose scores are all -infinity counts as empty") {
  const double inf = std::numeric_limits<double>::infinity();
  const MatrixXd q = MatrixXd::Ones(1, 1), k = MatrixXd::Constant(2, 1, -inf);
  const auto got = reference::attention_with_lse(q, k, k, AnyPattern::of("Dense", Dense{}));
  CHECK(got.out(0, 0) == 0);
  CHECK(got.lse(0) == -inf);
}

TEST_CASE("a NaN reaches the rows that attend it, and no other") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const AnyPattern pattern = AnyPattern::of("Local{3}", Local{3});
  const MatrixXd q = random(12, 3, 5), k = random(12, 3, 6), v = random(12, 2, 7);
  const MatrixXd clean = reference::attention(q, k, v, pattern);
  for (const int where : {0, 1, 2}) {
    MatrixXd in[] = {q, k, v};
    in[where].row(6).setConstant(nan);
    const MatrixXd got = reference::attention(in[0], in[1], in[2], pattern);
    for (Index r = 0; r < 12; ++r) {
      const bool reached = where == 0 ? r == 6 : pattern.contains(r, 6);
      CAPTURE(where, r);
      CHECK((reached ? got.row(r).hasNaN() : off(got.row(r), clean.row(r)) == 0));
    }
  }
}
#endif
