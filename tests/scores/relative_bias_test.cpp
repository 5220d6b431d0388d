#include <tartan/scores/relative_bias.hpp>

#include "support/catch.hpp"

using namespace tartan;

namespace {
/// Equal but for the way to base 2 and back.
bool is_near(double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(b)); }
}  // namespace

static_assert(ScoreModifier<RelativeBias>);

TEST_CASE("RelativeBias adds the number of the distance, and at the ends the last one") {
  Eigen::MatrixXd table(5, 2);  // distances -2 to 2
  table << 1, 10, 2, 20, 3, 30, 4, 40, 5, 50;
  const Score score{RelativeBias(table, -2)};
  for (Index i = 0; i < 12; ++i) {
    for (Index j = 0; j < 12; ++j) {
      const Index row = std::clamp<Index>(i - j + 2, 0, 4);
      CHECK(is_near(score(0.5, i, j, 0), 0.5 + table(row, 0)));
      CHECK(is_near(score(0.5, i, j, 1), 0.5 + table(row, 1)));
    }
  }
}

TEST_CASE("RelativeBias: whole vectors of queries or of keys, inside the table and beyond") {
  constexpr Index W = detail::simd::width<float>;
  const Eigen::MatrixXd table = Eigen::MatrixXd::Random(3 * W + 5, 1);
  const RelativeBias bias(table, -W);
  const Score score{bias};
  for (const bool queries : {true, false}) {
    for (Index start = 0; start < 8 * W; start += 3) {
      Index i[std::size_t(W)], j[std::size_t(W)];
      for (Index l = 0; l < W; ++l) {
        i[l] = 4 * W + (queries ? l : 0);
        j[l] = start + (queries ? 0 : l);
      }
      float s[std::size_t(2 * W)] = {};
      score.modify(detail::ScoreRun<float>{s, W, 2, i, j, queries ? 1 : W, 0});
      for (Index e = 0; e < 2; ++e) {
        for (Index l = 0; l < W; ++l) {
          const Index at = i[l] - j[l] - e * (queries ? 1 : W) + W;
          const double exact = table(std::clamp<Index>(at, 0, table.rows() - 1), 0);
          CHECK(std::abs(double(s[e * W + l]) * std::numbers::ln2 - exact) < 1e-6);
        }
      }
    }
  }
}

TEST_CASE("T5's buckets") {
  // 32 buckets, bidirectional: 16 a side, of which 8 are distances of their own.
  Eigen::MatrixXd numbers(32, 1);
  for (Index r = 0; r < 32; ++r) numbers(r, 0) = double(r);
  const Score both{RelativeBias::t5(numbers)};
  CHECK(is_near(both(0, 10, 10, 0), 0));
  CHECK(is_near(both(0, 17, 10, 0), 7));
  CHECK(is_near(both(0, 10, 17, 0), 16 + 7));
  CHECK(is_near(both(0, 18, 10, 0), 8));
  CHECK(is_near(both(0, 1000, 10, 0), 15));
  CHECK(is_near(both(0, 10, 1000, 0), 31));
  // 8 + log(20 / 8) / log(128 / 8) * 8 = 10.6
  CHECK(is_near(both(0, 30, 10, 0), 10));
  const Score past{RelativeBias::t5(numbers, false)};
  CHECK(is_near(past(0, 25, 10, 0), 15));
  CHECK(is_near(past(0, 10, 25, 0), 0));
  CHECK(is_near(past(0, 500, 10, 0), 31));
}

TEST_CASE("RelativeBias refuses an empty table, few buckets, and columns for other heads") {
  CHECK(message_of<std::invalid_argument>([] { RelativeBias(Eigen::MatrixXd(0, 3)); }) ==
        "tartan: RelativeBias: the table is empty");
  CHECK(message_of<std::invalid_argument>([] {
          RelativeBias::t5(Eigen::MatrixXd::Zero(3, 1));
        }).starts_with("tartan: RelativeBias: t5 needs more buckets than 3"));
  CHECK(message_of<std::invalid_argument>(
            [] { Score{RelativeBias(Eigen::MatrixXd::Zero(3, 2))}.check({}, 4); }) ==
        "tartan: RelativeBias: the table has 2 columns for 4 query heads (one for all, or one "
        "for each)");
}
