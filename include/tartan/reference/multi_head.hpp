// Many heads and sequences as a textbook has them: one after the other. Layer: reference.
#pragma once

#include "../attention/heads.hpp"
#include "../schedules/schedule.hpp"
#include "attention.hpp"

namespace tartan::reference {

/// Calls visit(queries, keys, head, pattern, options, sequence) for each sequence and query head:
/// its rows of q, of k, and what it has of the others.
template <class P, class Visit>
void for_each_head(const Heads& heads, const Batch& batch, const P& pattern, const Options& options,
                   const Visit& visit) {
  for (std::size_t b = 0; b + 1 < batch.query_offsets.size(); ++b) {
    const Index row = batch.query_offsets[b], key = batch.keys()[b];
    const Lattice queries = Lattice::range(row, batch.query_offsets[b + 1]);
    const Lattice keys = Lattice::range(key, batch.keys()[b + 1]);
    Options own = options;
    if (!batch.first_positions.empty()) own.query_offset = batch.first_positions[b];
    for (Index h = 0; h < heads.query; ++h) {
      with_pattern(pattern, h,
                   [&](const auto& p) { visit(queries, keys, h, p, own, static_cast<Index>(b)); });
    }
  }
}

/// The columns of head `h`, each of `width` columns, in these rows of x.
template <class M>
auto head_of(M& x, const Lattice& rows, Index h, Index width) {
  return x.block(rows.start, h * width, rows.count, width);
}

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
  for_each_head(heads, batch, pattern, options,
                [&](const Lattice& queries, const Lattice& keys, Index h, const auto& p,
                    const Options& own, Index sequence) {
                  const Index kv = h / heads.group();
                  const auto one = reference::attention_with_lse<Real>(
                      head_of(q, queries, h, d), head_of(k, keys, kv, d), head_of(v, keys, kv, dv),
                      p, own, h, sequence);
                  head_of(result.out, queries, h, dv) = one.out;
                  head_of(result.lse, queries, h, 1) = one.lse;
                });
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
