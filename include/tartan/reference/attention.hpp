// Masked attention as a textbook writes it, in double: the oracle of all tests. Not fast, and made
// to be read beside the fast one: same arguments, same result. Layer: reference.
#pragma once

#include <cmath>
#include <limits>

#include "../attention/options.hpp"
#include "../patterns/pattern.hpp"

namespace tartan::reference {

using MatrixXd = Eigen::Matrix<double, Dynamic, Dynamic>;

/// out: seqlen_q × dv. lse: one natural-log-sum-exp of the scaled scores a row, -inf for an empty
/// row.
struct Attention {
  MatrixXd out;
  Eigen::VectorXd lse;
};

/// out_i = sum over keys j in the pattern of softmax_j(scale * q_i · k_j) * v_j; 0 for an empty
/// row. q: n×d, k: m×d, v: m×dv, any scalar type; rows of q are positions query_offset,
/// query_offset + 1, ... Cost: n * m calls of contains(), count * (d + dv) flops.
template <class Q, class K, class V, Pattern P>
Attention attention_with_lse(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                             const Eigen::MatrixBase<V>& v, const P& pattern,
                             const Options& options = {}) {
  const MatrixXd queries = q.template cast<double>();
  const MatrixXd keys = k.template cast<double>();
  const MatrixXd values = v.template cast<double>();
  const double scale = options.scale_for(q.cols());
  Attention result{MatrixXd::Zero(q.rows(), v.cols()), Eigen::VectorXd(q.rows())};
  Eigen::VectorXd score(k.rows());
  for (Index r = 0; r < q.rows(); ++r) {
    const Index i = options.query_offset + r;
    double row_max = -std::numeric_limits<double>::infinity();
    for (Index j = 0; j < k.rows(); ++j) {
      if (!pattern.contains(i, j)) continue;
      score(j) = scale * queries.row(r).dot(keys.row(j));
      if (!(score(j) <= row_max)) row_max = score(j);  // NaN, too, becomes the maximum
    }
    double row_sum = 0;
    for (Index j = 0; j < k.rows(); ++j) {
      if (!pattern.contains(i, j)) continue;
      const double weight = std::exp(score(j) - row_max);
      row_sum += weight;
      result.out.row(r) += weight * values.row(j);
    }
    if (row_sum != 0) result.out.row(r) /= row_sum;
    result.lse(r) = row_max + std::log(row_sum);
  }
  return result;
}

template <class Q, class K, class V, Pattern P>
MatrixXd attention(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                   const Eigen::MatrixBase<V>& v, const P& pattern, const Options& options = {}) {
  return reference::attention_with_lse(q, k, v, pattern, options).out;
}

}  // namespace tartan::reference
