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
