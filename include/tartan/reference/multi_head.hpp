// Many heads and sequences as a textbook has them: one after the other. Layer: reference.
#pragma once

#include "../attention/heads.hpp"
#include "../schedules/schedule.hpp"
#include "attention.hpp"

namespace tartan::reference {

/// multi_head_attention_with_lse() in Real: for each sequence and query head, attention of its own.
template <class Real = double>
struct MultiHeadAttention {
  Eigen::Matrix<Real, Dynamic, Dynamic> out;
  Eigen::Matrix<Real, Dynamic, Dynamic> lse;
};

template <class Real = double, class Q, class K, class V, class P>
MultiHeadAttention<Real> multi_head_attention_with_lse(
    const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k, const Eigen::MatrixBase<V>& v,
    const Heads& heads, const Batch& batch, const P& pattern, const Options& options = {}) {
  const Index d = q.cols() / heads.query, dv = v.cols() / heads.kv_heads();
  MultiHeadAttention<Real> result;
  result.out.setZero(q.rows(), heads.query * dv);
  result.lse.setZero(q.rows(), heads.query);
  for (std::size_t b = 0; b + 1 < batch.query_offsets.size(); ++b) {
    const Index row = batch.query_offsets[b], rows = batch.query_offsets[b + 1] - row;
    const Index key = batch.keys()[b], keys = batch.keys()[b + 1] - key;
    Options own = options;
    if (!batch.first_positions.empty()) own.query_offset = batch.first_positions[b];
    for (Index h = 0; h < heads.query; ++h) {
      const Index kv = h / heads.group();
      with_pattern(pattern, h, [&](const auto& p) {
        const auto one = reference::attention_with_lse<Real>(
            q.block(row, h * d, rows, d), k.block(key, kv * d, keys, d),
            v.block(key, kv * dv, keys, dv), p, own, h, static_cast<Index>(b));
        result.out.block(row, h * dv, rows, dv) = one.out;
        result.lse.block(row, h, rows, 1) = one.lse;
      });
    }
  }
  return result;
}

template <class Real = double, class Q, class K, class V, class P>
MultiHeadAttention<Real> multi_head_attention_with_lse(const Eigen::MatrixBase<Q>& q,
                                                       const Eigen::MatrixBase<K>& k,
                                                       const Eigen::MatrixBase<V>& v,
                                                       const Heads& heads, const P& pattern,
                                                       const Options& options = {}) {
  return reference::multi_head_attention_with_lse<Real>(
      q, k, v, heads, Batch{{0, q.rows()}, {0, k.rows()}, {}}, pattern, options);
}

}  // namespace tartan::reference
