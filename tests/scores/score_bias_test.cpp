#include <tartan/scores/score_bias.hpp>

#include "support/catch.hpp"

using namespace tartan;

static_assert(ScoreModifier<ScoreBias<Eigen::MatrixXf>>);

TEST_CASE("ScoreBias adds the element of the pair, whatever its scalar and order") {
  const Eigen::MatrixXf columns = Eigen::MatrixXf::Random(7, 9);
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows =
      columns.cast<double>();
  const Score a{ScoreBias(columns)}, b{ScoreBias(rows)};
  for (Index i = 0; i < 7; ++i) {
    for (Index j = 0; j < 9; ++j) {
      CHECK(std::abs(a(2.0, i, j) - (2.0 + rows(i, j))) < 1e-12);
      CHECK(std::abs(b(2.0, i, j) - (2.0 + rows(i, j))) < 1e-12);
    }
  }
}

TEST_CASE(
    "ScoreBias: runs inside the matrix and partly beside it, for each step of rows and keys") {
  constexpr Index W = detail::simd::width<float>, count = 40;
  const Eigen::MatrixXf columns = Eigen::MatrixXf::Random(4 * W, 90);
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows =
      columns.cast<double>();
  struct Place {
    Index i, i_step, j, j_lane, j_step;
  };
  for (const Place at : {Place{3, 1, 5, 0, 1}, Place{3, 1, 5, 0, 2}, Place{1, 3, 5, 0, 2},
                         Place{2, 1, 1, 1, 1}, Place{3, 0, 0, 1, W}, Place{3 * W + 2, 1, 3, 0, 1},
                         Place{W, 3, 3, 0, 1}, Place{0, 1, -4, 1, 2}}) {
    for (const Score& score : {Score{ScoreBias(columns)}, Score{ScoreBias(rows)}}) {
      std::vector<float> s(std::size_t(count * W));
      score.modify(detail::ScoreRun<float>{s.data(), W, count, at.i, at.i_step, at.j, at.j_lane,
                                           at.j_step, 0});
      double worst = 0;
      for (Index x = 0; x < count * W; ++x) {
        const Index i = at.i + x % W * at.i_step;
        const Index j = at.j + x % W * at.j_lane + x / W * at.j_step;
        const bool there = i < 4 * W && j >= 0 && j < 90;
        const double got = double(s[std::size_t(x)]) * std::numbers::ln2;
        worst = std::max(worst, std::abs(got - (there ? rows(i, j) : 0)));
      }
      CHECK(worst < 1e-6);
    }
  }
}

TEST_CASE("ScoreBias looks ahead along its lines, as far as it goes") {
  const Eigen::MatrixXf columns = Eigen::MatrixXf::Zero(70, 90);
  const auto steps_of = [](const auto& bias, const Lattice& rows, const Lattice& keys) {
    detail::Ahead<float> ahead;
    Score{ScoreBias(bias)}.look_ahead(rows, keys, ahead);
    ahead.within(1000);  // a line a step
    Index steps = 0;
    for (; !ahead.done(); ++steps) ahead.step();
    return steps;
  };
  CHECK(steps_of(columns, {60, 1, 32}, {80, 2, 96}) == 5);
  CHECK(steps_of(columns, {0, 1, 32}, {96, 1, 96}) == 0);
  CHECK(steps_of(columns, {0, 2, 32}, {0, 1, 96}) == 0);  // would be more than is needed
  const Eigen::Map<const Eigen::Matrix<float, -1, -1, Eigen::RowMajor>> by_row(columns.data(), 70,
                                                                               90);
  CHECK(steps_of(by_row, {60, 3, 32}, {10, 1, 96}) == 4);
}

TEST_CASE("ScoreBias must hold every pair that may be asked for") {
  const Eigen::MatrixXf bias = Eigen::MatrixXf::Zero(7, 9);
  const Score score{ScoreBias(bias)};
  CHECK_NOTHROW(score.check({0, 7, 9}, 1));
  CHECK(message_of<std::invalid_argument>([&] {
          score.check({0, 8, 9}, 1);
        }) ==
        "tartan: ScoreBias: the matrix is 7x9 but positions are queries 0 to 7 and keys 0 to 8");
  CHECK_THROWS_AS(score.check({-1, 7, 9}, 1), std::invalid_argument);
  CHECK_THROWS_AS(score.check({0, 7, 10}, 1), std::invalid_argument);
}
