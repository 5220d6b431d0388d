// The public calls. Layer: attention.
#pragma once

#include <concepts>
#include <type_traits>

#include "../parallel/openmp.hpp"
#include "attend.hpp"

namespace tartan::detail::inline TARTAN_ISA {

template <class M>
concept DenseMatrix =
    std::derived_from<std::remove_cvref_t<M>, Eigen::MatrixBase<std::remove_cvref_t<M>>>;

template <class Q>
inline constexpr int order_of = Q::IsRowMajor ? Eigen::RowMajor : Eigen::ColMajor;

}  // namespace tartan::detail::inline TARTAN_ISA

namespace tartan::inline TARTAN_ISA {

/// What attention_with_lse returns. out: n×dv. lse: n, the natural log-sum-exp of each row's scaled
/// scores, -infinity for a row that attends no key; in float where out is of a 16-bit type.
template <class Scalar, int StorageOrder = Eigen::ColMajor>
struct Attention {
  Eigen::Matrix<Scalar, Dynamic, Dynamic, StorageOrder> out;
  Eigen::Matrix<detail::Computed<Scalar>, Dynamic, 1> lse;
};

/// Sparse attention: out_i = sum over the keys j of row i's pattern of softmax_j(scale * q_i · k_j)
/// * v_j. q: n×d, k: m×d, v: m×dv, in memory, with any strides. Returns n×dv, in q's storage order;
/// rows that attend no key are 0. Row r of q is position options.query_offset + r. Exact to
/// rounding; the same bits for any number of threads. Cost: about 2 * count(pattern) * (d + dv)
/// flops; memory for a few tiles a thread. Throws std::invalid_argument where shapes disagree, or
/// query_offset is beyond 2^60.
///
///     Eigen::MatrixXf q = ..., k = ..., v = ...;                     // 4096 x 64 each
///     auto past = tartan::Causal{} & (tartan::Local<256>{} | tartan::Strided<64>{});
///     Eigen::MatrixXf out = tartan::attention(q, k, v, past);        // 4096 x 64
template <Pattern P, class Q, class K, class V, Executor E = DefaultExecutor>
auto attention(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
               const Eigen::MatrixBase<V>& v, const P& pattern, const Options& options = {},
               const E& executor = {}) {
  using T = typename detail::CommonScalar<Q, K, V>::type;
  detail::check_shapes<T>(detail::view(q), detail::view(k), detail::view(v));
  Eigen::Matrix<T, Dynamic, Dynamic, detail::order_of<Q>> out(q.rows(), v.cols());
  detail::attend<T>(
      {detail::view(q), detail::view(k), detail::view(v), detail::mutable_view(out), nullptr},
      pattern, options, executor);
  return out;
}

/// attention() with a pattern that has no run-time value, named as a type: attention<Local<256>>(q,
/// k, v).
template <Pattern P, class Q, class K, class V, Executor E = DefaultExecutor>
requires std::default_initializable<P>
auto attention(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
               const Eigen::MatrixBase<V>& v, const Options& options = {}, const E& executor = {}) {
  return tartan::attention(q, k, v, P{}, options, executor);
}

/// attention(), and each row's log-sum-exp: what merging partial results and gradients need.
template <Pattern P, class Q, class K, class V, Executor E = DefaultExecutor>
auto attention_with_lse(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                        const Eigen::MatrixBase<V>& v, const P& pattern,
                        const Options& options = {}, const E& executor = {}) {
  using T = typename detail::CommonScalar<Q, K, V>::type;
  detail::check_shapes<T>(detail::view(q), detail::view(k), detail::view(v));
  Attention<T, detail::order_of<Q>> result;
  result.out.resize(q.rows(), v.cols());
  result.lse.resize(q.rows());
  detail::attend<T>({detail::view(q), detail::view(k), detail::view(v),
                     detail::mutable_view(result.out), result.lse.data()},
                    pattern, options, executor);
  return result;
}

/// attention_with_lse() with a pattern that has no run-time value, named as a type.
template <Pattern P, class Q, class K, class V, Executor E = DefaultExecutor>
requires std::default_initializable<P>
auto attention_with_lse(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                        const Eigen::MatrixBase<V>& v, const Options& options = {},
                        const E& executor = {}) {
  return tartan::attention_with_lse(q, k, v, P{}, options, executor);
}

/// attention() into `out`, n×dv: a Matrix, a Map or a block, which is written and never resized.
/// Throws std::invalid_argument, with nothing written, also where out shares memory with q, k or v.
template <Pattern P, class Out, class Q, class K, class V, Executor E = DefaultExecutor>
requires detail::DenseMatrix<Out>
void attention_into(Out&& out, const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                    const Eigen::MatrixBase<V>& v, const P& pattern, const Options& options = {},
                    const E& executor = {}) {
  using T = typename detail::CommonScalar<Q, K, V, std::remove_cvref_t<Out>>::type;
  const auto q_view = detail::view(q), k_view = detail::view(k), v_view = detail::view(v);
  const auto out_view = detail::mutable_view(out);
  detail::check_shapes<T>(q_view, k_view, v_view);
  detail::check_out_shape<T>(out_view, q_view.rows, v_view.cols);
  detail::check_apart<T>(out_view, {q_view, k_view, v_view});
  detail::attend<T>({q_view, k_view, v_view, out_view, nullptr}, pattern, options, executor);
}

/// attention_into() with a pattern that has no run-time value, named as a type.
template <Pattern P, class Out, class Q, class K, class V, Executor E = DefaultExecutor>
requires detail::DenseMatrix<Out> && std::default_initializable<P>
void attention_into(Out&& out, const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                    const Eigen::MatrixBase<V>& v, const Options& options = {},
                    const E& executor = {}) {
  tartan::attention_into(out, q, k, v, P{}, options, executor);
}

}  // namespace tartan::inline TARTAN_ISA
