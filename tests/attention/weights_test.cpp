// The weights of chosen rows, against what attention makes of them.
#include <tartan/attention/weights.hpp>

#include "support/catch.hpp"
#include "support/patterns.hpp"

using namespace tartan;
using namespace tartan::test;

TEST_CASE("attention_weights: the keys are the pattern's, and the weights make attention's rows") {
  const Index n = 23, m = 31;
  const Eigen::MatrixXf q = Eigen::MatrixXf::Random(n, 6), k = Eigen::MatrixXf::Random(m, 6);
  const Eigen::MatrixXf v = Eigen::MatrixXf::Random(m, 5);
  const std::vector<Index> rows = {22, 0, 7, 7};
  const Options options{.scale = 1.5, .query_offset = 4};
  for_each_test_pattern(9, 6, [&](const char* name, const AnyPattern& pattern) {
    CAPTURE(name);
    const Eigen::MatrixXd expected = reference::attention(q, k, v, pattern, options);
    const auto weights = attention_weights(q, k, pattern, rows, options);
    REQUIRE(weights.size() == rows.size());
    for (std::size_t x = 0; x < rows.size(); ++x) {
      const RowWeights<float>& row = weights[x];
      CHECK(row.row == rows[x]);
      REQUIRE(row.weights.size() == row.keys.size());
      Eigen::VectorXd out = Eigen::VectorXd::Zero(v.cols());
      std::size_t next = 0;
      bool same_keys = true;
      for (Index j = 0; j < m; ++j) {
        if (!pattern.contains(4 + row.row, j)) continue;
        same_keys = same_keys && next < row.keys.size() && row.keys[next] == j;
        if (!same_keys) break;
        out += static_cast<double>(row.weights[next++]) * v.row(j).transpose().cast<double>();
      }
      CHECK(same_keys);
      CHECK(next == row.keys.size());
      CHECK((out - expected.row(row.row).transpose()).cwiseAbs().maxCoeff() < 1e-6);
    }
  });
}

TEST_CASE("attention_weights: huge scores, and a row without a key") {
  Eigen::MatrixXd q = Eigen::MatrixXd::Zero(3, 1), k = Eigen::MatrixXd::Zero(3, 1);
  q(2, 0) = 1e200;
  k << 1e100, 2e100, 2e100;
  const auto weights = attention_weights(q, k, Causal{} & Window<5, 0>{}, {2, 0}, {.scale = 1});
  CHECK(weights[0].weights == std::vector<double>{0, 0.5, 0.5});
  CHECK(weights[1].weights == std::vector<double>{1});
  const auto none = attention_weights(q, k, Dense{} - Dense{}, {1});
  CHECK(none[0].keys.empty());
  CHECK(none[0].weights.empty());
#ifndef __FAST_MATH__
  k.setConstant(-std::numeric_limits<double>::infinity());  // all scores are
  CHECK(attention_weights(q, k, Dense{}, {2})[0].keys.empty());
#endif
}

TEST_CASE("attention_weights refuses rows that are not there, and shapes that disagree") {
  const Eigen::MatrixXf q = Eigen::MatrixXf::Zero(3, 2), k = Eigen::MatrixXf::Zero(4, 2);
  for (const Index row : {Index{-1}, Index{3}}) {
    CHECK(message_of<std::invalid_argument>([&] {
            attention_weights(q, k, Dense{}, {0, row});
          }) == "tartan: attention: row " + std::to_string(row) + " is asked for, and q has 3");
  }
  CHECK(message_of<std::invalid_argument>([&] {
          attention_weights(q, Eigen::MatrixXf::Zero(4, 3).eval(), Dense{}, {0});
        }) == "tartan: attention: q is 3x2 but k is 4x3 (both have head_dim columns)");
}
