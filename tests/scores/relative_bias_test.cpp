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

TEST_CASE("RelativeBias: vectors of queries, of keys and of both, inside the table and beyond") {
  constexpr Index W = detail::simd::width<float>, most = 40;
  const Eigen::MatrixXd table = Eigen::MatrixXd::Random(3 * W + 5, 1);
  const Score score{RelativeBias(table, -W)};
  struct Steps {
    Index i, j_lane, j;
  };
  for (const Steps step : {Steps{1, 0, 1}, Steps{0, 1, W}, Steps{1, 0, 3}, Steps{2, 0, 2},
                           Steps{0, 1, 1}, Steps{1, 1, 1}, Steps{3, 1, 1}}) {
    for (Index start = 0; start < 8 * W; start += 3) {
      for (const Index count : {Index{2}, most}) {
        std::vector<float> s(std::size_t(count * W));
        score.modify(detail::ScoreRun<float>{s.data(), W, count, 4 * W, step.i, start, step.j_lane,
                                             step.j, 0});
        double worst = 0;
        for (Index x = 0; x < count * W; ++x) {
          const Index l = x % W, e = x / W;
          const Index at = 4 * W + l * step.i - (start + l * step.j_lane + e * step.j) + W;
          const double exact = table(std::clamp<Index>(at, 0, table.rows() - 1), 0);
          const double got = double(s[std::size_t(x)]) * std::numbers::ln2;
          worst = std::max(worst, std::abs(got - exact));
        }
        CHECK(worst < 1e-6);
      }
    }
  }
}

TEST_CASE("an expression is a table, and is evaluated once") {
  const RelativeBias bias(Eigen::MatrixXf::Random(40, 1), -20);
  const Score score{bias};
  for (Index i = 0; i < 60; i += 7) {
    float s[std::size_t(detail::simd::width<float>)] = {};
    score.modify(detail::ScoreRun<float>{s, 1, 1, i, 1, 30, 0, 1, 0});
    CHECK(std::abs(double(s[0]) * std::numbers::ln2 - score(0, i, 30)) < 1e-6);
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
        }).starts_with("tartan: RelativeBias: t5 needs 4 buckets or more, an even number, got 3"));
  CHECK(message_of<std::invalid_argument>([] {
          RelativeBias::t5(Eigen::MatrixXd::Zero(32, 1), true, std::numeric_limits<Index>::max());
        }).starts_with("tartan: RelativeBias: max_distance must be above 8 and at most 2^24"));
  CHECK(message_of<std::invalid_argument>([] {
          RelativeBias(Eigen::MatrixXf::Zero(3, 1), std::numeric_limits<Index>::min());
        }).starts_with("tartan: RelativeBias: first must be within 2^59 of 0"));
  CHECK(message_of<std::invalid_argument>(
            [] { Score{RelativeBias(Eigen::MatrixXd::Zero(3, 2))}.check({}, 4); }) ==
        "tartan: RelativeBias: the table has 2 columns for 4 query heads (one for all, or one "
        "for each)");
}
