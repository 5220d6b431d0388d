// Non-local means (Buades, Coll and Morel, 2005) replaces each value by a mean of the values whose
// surroundings look alike: with p_i the patch around i,
//
//   out_i = sum_j w_ij v_j / sum_j w_ij,   w_ij = exp(-|p_i - p_j|^2 / h^2),
//
// which *is* attention. Since -|p_i - p_j|^2 = 2 p_i·p_j - |p_j|^2 - |p_i|^2, where the last term
// is the same for all j and drops out of the softmax, it is attention with
//
//   q_i = [2 p_i, -1],   k_j = [p_j, |p_j|^2],   scale = 1 / h^2.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <tartan/tartan.hpp>

namespace denoising {

using tartan::Index;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The patches of something noisy, as queries and keys.
class NonLocalMeans {
 public:
  /// patches: one row a token. sigma: the standard deviation of the noise in each of its numbers.
  NonLocalMeans(Matrix patches, double sigma) {
    patches.rowwise() -= patches.colwise().mean().eval();  // distances stay, rounding errors shrink
    const Eigen::VectorXf square = patches.rowwise().squaredNorm();
    q_.resize(patches.rows(), patches.cols() + 1);
    k_.resize(patches.rows(), patches.cols() + 1);
    q_ << 2 * patches, Eigen::VectorXf::Constant(patches.rows(), -1);
    k_ << patches, square;

    // h^2 = (0.6 sigma)^2 for each number of a patch.
    options_.scale = 1 / (0.36 * sigma * sigma * static_cast<double>(patches.cols()));
    self_score_ = square * static_cast<float>(*options_.scale);
    // A patch is at distance 0 from itself, where any other differs by noise of 2 sigma^2 a number:
    // this much of a token's own weight is due to that alone.
    self_excess_ = static_cast<float>(1 - std::exp(-2 / 0.36));
  }

  Index tokens() const { return q_.rows(); }
  /// Columns of queries and keys.
  Index head_dim() const { return q_.cols(); }

  /// The mean of `values`, one row a token, that each token attends to with `pattern`.
  template <tartan::Pattern P>
  Matrix means(const Matrix& values, const P& pattern) const {
    auto [out, lse] = attention_with_lse(q_, k_, values, pattern, options_);
    // Taken out again: a token's own weight is exp(its score - log-sum-exp of all scores).
    const Eigen::ArrayXf excess = self_excess_ * (self_score_ - lse).array().exp();
    out.array() -= values.array().colwise() * excess;
    out.array().colwise() /= 1 - excess;
    return out;
  }

  /// Seconds that dense attention would take: those of its first rows, and as much for each.
  double dense_seconds(const Matrix& values, Index rows = 512) const {
    const Index measured = std::min(rows, tokens());
    const auto begin = std::chrono::steady_clock::now();
    attention(q_.topRows(measured), k_, values, tartan::Dense{}, options_);
    const std::chrono::duration<double> slice = std::chrono::steady_clock::now() - begin;
    return slice.count() * static_cast<double>(tokens()) / static_cast<double>(measured);
  }

 private:
  Matrix q_, k_;
  Eigen::VectorXf self_score_;
  float self_excess_;
  tartan::Options options_;
};

}  // namespace denoising
