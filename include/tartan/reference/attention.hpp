// Masked attention as a textbook writes it, in double: the oracle of all tests. Not fast, and made
// to be read beside the fast one: same arguments, same result. Layer: reference.
#pragma once

#include <cmath>
#include <limits>

#include "../attention/options.hpp"
#include "../patterns/pattern.hpp"

namespace tartan::reference {

/// out: seqlen_q × dv. lse: one natural-log-sum-exp of the scaled scores a row, -inf for an empty
/// row.
template <class Real = double>
struct Attention {
  Eigen::Matrix<Real, Dynamic, Dynamic> out;
  Eigen::Matrix<Real, Dynamic, 1> lse;
};

/// out_i = sum over keys j in the pattern of softmax_j(scale * q_i · k_j) * v_j; 0 for an empty
/// row. q: n×d, k: m×d, v: m×dv, any scalar type; rows of q are positions query_offset,
/// query_offset + 1, ... Computed in Real. `head` is what score modifiers and sinks are told,
/// and dropout, with `sequence`. Cost:
/// n * m calls of contains(), count * (d + dv) flops.
template <class Real = double, class Q, class K, class V, Pattern P>
Attention<Real> attention_with_lse(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                                   const Eigen::MatrixBase<V>& v, const P& pattern,
                                   const Options& options = {}, Index head = 0,
                                   Index sequence = 0) {
  using Matrix = Eigen::Matrix<Real, Dynamic, Dynamic>;
  using Vector = Eigen::Matrix<Real, Dynamic, 1>;
  const Matrix queries = q.template cast<Real>();
  const Matrix keys = k.template cast<Real>();
  const Matrix values = v.template cast<Real>();
  const Real scale = static_cast<Real>(options.scale_for(q.cols()));
  Attention<Real> result{Matrix::Zero(q.rows(), v.cols()), Vector(q.rows())};
  Vector score(k.rows());
  for (Index r = 0; r < q.rows(); ++r) {
    const Index i = options.query_offset + r;
    const bool sink = !options.sinks.empty();
    Real row_max = sink ? Real(options.sink(head)) : -std::numeric_limits<Real>::infinity();
    for (Index j = 0; j < k.rows(); ++j) {
      if (!pattern.contains(i, j)) continue;
      score(j) = scale * queries.row(r).dot(keys.row(j));
      if (options.score) score(j) = Real(options.score(double(score(j)), i, j, head));
      if (!(score(j) <= row_max)) row_max = score(j);  // NaN, too, becomes the maximum
    }
    result.lse(r) = row_max;
    if (row_max == -std::numeric_limits<Real>::infinity()) continue;  // no key, or none that counts
    Real row_sum = sink ? std::exp(Real(options.sink(head)) - row_max) : Real(0);
    for (Index j = 0; j < k.rows(); ++j) {
      if (!pattern.contains(i, j)) continue;
      const Real weight = std::exp(score(j) - row_max);
      row_sum += weight;
      Real kept = 1;
      if (options.dropout) {
        const bool keeps = options.dropout.keeps(i, j, head, sequence);
        kept = keeps ? Real(options.dropout.factor()) : Real(0);
      }
      result.out.row(r) += weight * kept * values.row(j);
    }
    result.out.row(r) /= row_sum;
    result.lse(r) += std::log(row_sum);
  }
  return result;
}

template <class Real = double, class Q, class K, class V, Pattern P>
Eigen::Matrix<Real, Dynamic, Dynamic> attention(const Eigen::MatrixBase<Q>& q,
                                                const Eigen::MatrixBase<K>& k,
                                                const Eigen::MatrixBase<V>& v, const P& pattern,
                                                const Options& options = {}) {
  return reference::attention_with_lse<Real>(q, k, v, pattern, options).out;
}

}  // namespace tartan::reference
