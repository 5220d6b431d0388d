// The reference for many heads against plain loops over plain numbers.
#include <tartan/reference/multi_head.hpp>

#include "support/catch.hpp"
#include "support/problem.hpp"

using namespace tartan;

TEST_CASE("grouped heads of two sequences, written out") {
  const Heads heads{4, 2};
  const Batch batch{{0, 3, 5}, {0, 4, 6}, {1, 0}};
  const auto q = random_matrix<Eigen::MatrixXd>(5, 4 * 2, 1),
             k = random_matrix<Eigen::MatrixXd>(6, 2 * 2, 2),
             v = random_matrix<Eigen::MatrixXd>(6, 2 * 3, 3);
  const auto got =
      reference::multi_head_attention_with_lse(q, k, v, heads, batch, Causal{}, {.scale = 1});
  for (int b = 0; b < 2; ++b) {
    for (Index r = batch.query_offsets[std::size_t(b)]; r < batch.query_offsets[std::size_t(b) + 1];
         ++r) {
      const Index i =
          r - batch.query_offsets[std::size_t(b)] + batch.first_positions[std::size_t(b)];
      for (Index h = 0; h < 4; ++h) {
        double sum = 0;
        Eigen::Vector3d out = Eigen::Vector3d::Zero();
        for (Index j = 0; j <= i; ++j) {
          const Index row = batch.key_offsets[std::size_t(b)] + j;
          if (row >= batch.key_offsets[std::size_t(b) + 1]) break;
          double score = 0;
          for (Index t = 0; t < 2; ++t) score += q(r, 2 * h + t) * k(row, 2 * (h / 2) + t);
          sum += std::exp(score);
          for (Index c = 0; c < 3; ++c) out(c) += std::exp(score) * v(row, 3 * (h / 2) + c);
        }
        CHECK(std::abs(got.lse(r, h) - std::log(sum)) < 1e-12);
        for (Index c = 0; c < 3; ++c) CHECK(std::abs(got.out(r, 3 * h + c) - out(c) / sum) < 1e-12);
      }
    }
  }
}
