// The gradients of masked attention as a textbook derives them, in double: the oracle of the
// backward pass. It recomputes everything from q, k and v. Not fast. Layer: reference.
#pragma once

#include "multi_head.hpp"

namespace tartan::reference {

/// dq, dk and dv as q, k and v; dsink: of the sink logit, 0 where there is none.
template <class Real = double>
struct AttentionGradients {
  Eigen::Matrix<Real, Dynamic, Dynamic> dq, dk, dv;
  Real dsink = 0;
};

/// What attention_backward() computes, from the inputs alone. Cost: n * m calls of contains(), 5 *
/// count * d multiply-adds.
template <class Real = double, class Q, class K, class V, class D, Pattern P>
AttentionGradients<Real> attention_backward(const Eigen::MatrixBase<Q>& q,
                                            const Eigen::MatrixBase<K>& k,
                                            const Eigen::MatrixBase<V>& v,
                                            const Eigen::MatrixBase<D>& dout, const P& pattern,
                                            const Options& options = {}, Index head = 0,
                                            Index sequence = 0) {
  using Matrix = Eigen::Matrix<Real, Dynamic, Dynamic>;
  const Matrix queries = q.template cast<Real>(), keys = k.template cast<Real>();
  const Matrix values = v.template cast<Real>(), douts = dout.template cast<Real>();
  const Real scale = static_cast<Real>(options.scale_for(q.cols()));
  const auto forward =
      reference::attention_with_lse<Real>(q, k, v, pattern, options, head, sequence);
  AttentionGradients<Real> g{Matrix::Zero(q.rows(), q.cols()), Matrix::Zero(k.rows(), k.cols()),
                             Matrix::Zero(v.rows(), v.cols())};
  for (Index r = 0; r < q.rows(); ++r) {
    const Index i = options.query_offset + r;
    const Real lse = forward.lse(r);
    if (lse == -std::numeric_limits<Real>::infinity()) continue;
    const Real delta = douts.row(r).dot(forward.out.row(r));
    if (!options.sinks.empty()) g.dsink -= std::exp(Real(options.sink(head)) - lse) * delta;
    for (Index j = 0; j < k.rows(); ++j) {
      if (!pattern.contains(i, j)) continue;
      const Real s = scale * queries.row(r).dot(keys.row(j));
      const Real score = options.score ? Real(options.score(double(s), i, j, head)) : s;
      const Real weight = std::exp(score - lse);
      Real kept = 1;
      if (options.dropout) {
        const bool keeps = options.dropout.keeps(i, j, head, sequence);
        kept = keeps ? Real(options.dropout.factor()) : Real(0);
      }
      const Real dweight = kept * douts.row(r).dot(values.row(j));
      const Real ds = weight * (dweight - delta) * Real(options.score.slope(double(s), i, j, head));
      g.dv.row(j) += weight * kept * douts.row(r);
      g.dq.row(r) += ds * scale * keys.row(j);
      g.dk.row(j) += ds * scale * queries.row(r);
    }
  }
  return g;
}

/// The same of many heads and sequences; dsinks: of each query head.
template <class Real = double>
struct MultiHeadGradients {
  Eigen::Matrix<Real, Dynamic, Dynamic> dq, dk, dv;
  std::vector<Real> dsinks;
};

template <class Real = double, class Q, class K, class V, class D, class P>
MultiHeadGradients<Real> multi_head_attention_backward(
    const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k, const Eigen::MatrixBase<V>& v,
    const Eigen::MatrixBase<D>& dout, const Heads& heads, const Batch& batch, const P& pattern,
    const Options& options = {}) {
  using Matrix = Eigen::Matrix<Real, Dynamic, Dynamic>;
  const Index d = q.cols() / heads.query, dv = v.cols() / heads.kv_heads();
  MultiHeadGradients<Real> g{Matrix::Zero(q.rows(), q.cols()), Matrix::Zero(k.rows(), k.cols()),
                             Matrix::Zero(v.rows(), v.cols()),
                             std::vector<Real>(static_cast<std::size_t>(heads.query))};
  for_each_head(heads, batch, pattern, options,
                [&](const Lattice& queries, const Lattice& keys, Index h, const auto& p,
                    const Options& own, Index sequence) {
                  const Index kv = h / heads.group();
                  const auto one = reference::attention_backward<Real>(
                      head_of(q, queries, h, d), head_of(k, keys, kv, d), head_of(v, keys, kv, dv),
                      head_of(dout, queries, h, dv), p, own, h, sequence);
                  head_of(g.dq, queries, h, d) += one.dq;
                  head_of(g.dk, keys, kv, d) += one.dk;
                  head_of(g.dv, keys, kv, dv) += one.dv;
                  g.dsinks[static_cast<std::size_t>(h)] += one.dsink;
                });
  return g;
}

}  // namespace tartan::reference
