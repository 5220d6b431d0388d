// The share of weight that a pattern keeps, against the reference's weights.
#include <tartan/attention/captured_mass.hpp>

#include "support/catch.hpp"
#include "support/patterns.hpp"

using namespace tartan;
using namespace tartan::test;

namespace {

/// Row r's share, from scores in double.
double share(const Eigen::MatrixXd& scores, const AnyPattern& pattern, const AnyPattern& of,
             Index r, Index offset) {
  double all = 0, kept = 0, row_max = -1e300;
  for (Index j = 0; j < scores.cols(); ++j) {
    if (of.contains(offset + r, j)) row_max = std::max(row_max, scores(r, j));
  }
  for (Index j = 0; j < scores.cols(); ++j) {
    if (!of.contains(offset + r, j)) continue;
    const double weight = std::exp(scores(r, j) - row_max);
    all += weight;
    if (pattern.contains(offset + r, j)) kept += weight;
  }
  return all == 0 ? 1 : kept / all;
}

}  // namespace

TEST_CASE("captured_mass: each row's share of the weight, and the mean") {
  const Index n = 37, m = 45, d = 8;
  const Eigen::MatrixXf q = 2 * Eigen::MatrixXf::Random(n, d),
                        k = 2 * Eigen::MatrixXf::Random(m, d);
  const Eigen::MatrixXd scores =
      q.cast<double>() * k.cast<double>().transpose() / std::sqrt(static_cast<double>(d));
  for (const AnyPattern& of : {any(Dense{}), any(Causal{})}) {
    for (const Index offset : {0, 5, -3}) {
      for_each_test_pattern(9, 6, [&](const char* name, const AnyPattern& pattern) {
        CAPTURE(name, offset);
        const auto mass = captured_mass(q, k, pattern, of, {.query_offset = offset});
        double worst = 0, sum = 0;
        for (Index r = 0; r < n; ++r) {
          const double expected = share(scores, pattern, of, r, offset);
          worst = std::max(worst, std::abs(static_cast<double>(mass.rows(r)) - expected));
          sum += expected;
        }
        CHECK(worst < 2e-6);
        CHECK(std::abs(mass.mean - sum / n) < 1e-6);
      });
    }
  }
}

TEST_CASE("captured_mass: all of it, and none") {
  const Eigen::MatrixXd q = Eigen::MatrixXd::Random(20, 4), k = Eigen::MatrixXd::Random(20, 4);
  CHECK(captured_mass(q, k, Dense{}).rows.minCoeff() == 1.0);
  CHECK(captured_mass(q, k, Local<0>{} - Dense{}).rows.maxCoeff() == 0.0);
  CHECK(captured_mass(q, k, Causal{}, Causal{}).mean == 1.0);
  // A pattern that holds more than what it is held against keeps all of it, not more.
  CHECK(captured_mass(q, k, Dense{}, Causal{}).mean == 1.0);
  CHECK(captured_mass(Eigen::MatrixXd(0, 4), k, Causal{}).mean == 1.0);
  CHECK(captured_mass(q, Eigen::MatrixXd(0, 4), Causal{}).mean == 1.0);
}

TEST_CASE("captured_mass: half of two equal scores") {
  const Eigen::MatrixXf q = Eigen::MatrixXf::Zero(2, 3), k = Eigen::MatrixXf::Random(2, 3);
  const auto mass = captured_mass(q, k, Causal{});
  CHECK(mass.rows(0) == 0.5f);
  CHECK(mass.rows(1) == 1.0f);
  CHECK(mass.mean == 0.75);
}

#ifndef __FAST_MATH__
TEST_CASE("captured_mass: NaN where the scores are") {
  Eigen::MatrixXf q = Eigen::MatrixXf::Random(3, 2), k = Eigen::MatrixXf::Random(3, 2);
  q(1, 0) = std::numeric_limits<float>::quiet_NaN();
  const auto mass = captured_mass(q, k, Causal{});
  CHECK(mass.rows.array().isNaN().select(1, Eigen::ArrayXi::Zero(3)).sum() == 1);
  CHECK(std::isnan(mass.rows(1)));
}
#endif

TEST_CASE("captured_mass: sinks are no keys of either") {
  const Eigen::MatrixXf q = Eigen::MatrixXf::Random(3, 2), k = Eigen::MatrixXf::Random(3, 2);
  const auto mass = captured_mass(q, k, Dense{} - Dense{}, Dense{}, Options{.sinks = {5}});
  CHECK(mass.rows.maxCoeff() == 0);
}

TEST_CASE("captured_mass refuses shapes that disagree") {
  const Eigen::MatrixXf q = Eigen::MatrixXf::Zero(2, 3), k = Eigen::MatrixXf::Zero(2, 4);
  CHECK(message_of<std::invalid_argument>([&] { captured_mass(q, k, Causal{}); }) ==
        "tartan: attention: q is 2x3 but k is 2x4 (both have head_dim columns)");
}
