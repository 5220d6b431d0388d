// The public calls for many heads and batches. Layer: attention.
#pragma once

#include "attention.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Throws std::invalid_argument where shapes, heads or the batch do not agree.
template <class S>
void check_request(const Request<S>& r) {
  check_heads<S>(r.heads, r.q, r.k, r.v);
  if (r.batch) check_batch(*r.batch, r.q.rows, r.k.rows);
}

template <class S, class P, Executor E>
void attend_heads(Request<S> request, const P& pattern, const Options& options, const E& executor,
                  auto& out) {
  check_request(request);
  out.resize(request.q.rows, request.heads.query * request.value_dim());
  request.out = mutable_view(out);
  attend(request, pattern, options, executor);
}

/// A pattern for all heads, or one for each.
template <class P>
concept PatternOfHeads = Pattern<P> || Schedule<P>;

}  // namespace tartan::detail::inline TARTAN_ISA

namespace tartan::inline TARTAN_ISA {

/// What multi_head_attention_with_lse returns. out: n×(query·dv). lse: n×query, a column a head.
template <class Scalar, int StorageOrder = Eigen::ColMajor>
struct MultiHeadAttention {
  Eigen::Matrix<Scalar, Dynamic, Dynamic, StorageOrder> out;
  Eigen::Matrix<detail::Computed<Scalar>, Dynamic, Dynamic> lse;
};

/// attention() for all heads at once, over token-major matrices: q n×(query·d), k m×(kv·d),
/// v m×(kv·dv), with head h in the columns from h·d (h·dv) on; nothing is copied together. Returns
/// n×(query·dv), in q's storage order. `pattern` is one for all heads, or a schedule with one for
/// each (PerHead). The work of all heads is shared out together; query heads that share a key/value
/// head share its packed keys too. Throws std::invalid_argument where shapes or heads disagree.
///
///     auto out = multi_head_attention(q, k, v, Heads{.query = 32, .kv = 8}, Causal{} &
///     Local<512>{});
template <detail::PatternOfHeads P, class Q, class K, class V, Executor E = DefaultExecutor>
auto multi_head_attention(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                          const Eigen::MatrixBase<V>& v, const Heads& heads, const P& pattern,
                          const Options& options = {}, const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V>::type;
  Eigen::Matrix<S, Dynamic, Dynamic, detail::order_of<Q>> out;
  detail::attend_heads<S>({detail::view(q), detail::view(k), detail::view(v), {}, nullptr, heads},
                          pattern, options, executor, out);
  return out;
}

/// The same for a batch of sequences below each other: each has its own positions from
/// options.query_offset (or batch.first_positions) on, and its own keys.
///
///     Batch batch{.query_offsets = {0, 100, 612, 700}};               // three, of 100, 512, 88
///     tokens auto out = multi_head_attention(q, k, v, Heads{8}, batch, Causal{});
template <detail::PatternOfHeads P, class Q, class K, class V, Executor E = DefaultExecutor>
auto multi_head_attention(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                          const Eigen::MatrixBase<V>& v, const Heads& heads, const Batch& batch,
                          const P& pattern, const Options& options = {}, const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V>::type;
  Eigen::Matrix<S, Dynamic, Dynamic, detail::order_of<Q>> out;
  detail::attend_heads<S>(
      {detail::view(q), detail::view(k), detail::view(v), {}, nullptr, heads, &batch}, pattern,
      options, executor, out);
  return out;
}

/// multi_head_attention(), and the log-sum-exp of each row and head.
template <detail::PatternOfHeads P, class Q, class K, class V, Executor E = DefaultExecutor>
auto multi_head_attention_with_lse(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                                   const Eigen::MatrixBase<V>& v, const Heads& heads,
                                   const Batch& batch, const P& pattern,
                                   const Options& options = {}, const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V>::type;
  MultiHeadAttention<S, detail::order_of<Q>> result;
  detail::Request<S> request{detail::view(q), detail::view(k), detail::view(v), {},
                             nullptr,         heads,           &batch};
  detail::check_request(request);
  result.lse.resize(q.rows(), heads.query);
  request.lse = result.lse.data();
  detail::attend_heads<S>(request, pattern, options, executor, result.out);
  return result;
}

/// The same for one sequence.
template <detail::PatternOfHeads P, class Q, class K, class V, Executor E = DefaultExecutor>
auto multi_head_attention_with_lse(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                                   const Eigen::MatrixBase<V>& v, const Heads& heads,
                                   const P& pattern, const Options& options = {},
                                   const E& executor = {}) {
  const Batch one{{0, q.rows()}, {0, k.rows()}, {}};
  return tartan::multi_head_attention_with_lse(q, k, v, heads, one, pattern, options, executor);
}

/// multi_head_attention() into `out`, n×(query·dv): a Matrix, a Map or a block, which is written
/// and never resized. Throws std::invalid_argument, with nothing written, also where out shares
/// memory with q, k or v.
template <detail::PatternOfHeads P, class Out, class Q, class K, class V,
          Executor E = DefaultExecutor>
requires detail::DenseMatrix<Out>
void multi_head_attention_into(Out&& out, const Eigen::MatrixBase<Q>& q,
                               const Eigen::MatrixBase<K>& k, const Eigen::MatrixBase<V>& v,
                               const Heads& heads, const Batch& batch, const P& pattern,
                               const Options& options = {}, const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V, std::remove_cvref_t<Out>>::type;
  const detail::Request<S> request{
      detail::view(q), detail::view(k), detail::view(v), detail::mutable_view(out),
      nullptr,         heads,           &batch};
  detail::check_request(request);
  detail::check_out_shape<S>(request.out, q.rows(), heads.query * request.value_dim(),
                             "rows of q, query heads times columns of a head of v");
  detail::check_apart<S>(request.out, {request.q, request.k, request.v});
  detail::attend(request, pattern, options, executor);
}

/// The same for one sequence.
template <detail::PatternOfHeads P, class Out, class Q, class K, class V,
          Executor E = DefaultExecutor>
requires detail::DenseMatrix<Out>
void multi_head_attention_into(Out&& out, const Eigen::MatrixBase<Q>& q,
                               const Eigen::MatrixBase<K>& k, const Eigen::MatrixBase<V>& v,
                               const Heads& heads, const P& pattern, const Options& options = {},
                               const E& executor = {}) {
  const Batch one{{0, q.rows()}, {0, k.rows()}, {}};
  tartan::multi_head_attention_into(out, q, k, v, heads, one, pattern, options, executor);
}

}  // namespace tartan::inline TARTAN_ISA
