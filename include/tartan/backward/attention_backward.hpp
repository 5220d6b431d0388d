// The public calls of the backward pass. Layer: backward.
#pragma once

#include "../attention/multi_head.hpp"
#include "differentiate.hpp"

namespace tartan::inline TARTAN_ISA {

/// What attention_backward returns: what the loss changes by with each element of q, k and v.
template <class Scalar, int StorageOrder = Eigen::ColMajor>
struct AttentionGradients {
  Eigen::Matrix<Scalar, Dynamic, Dynamic, StorageOrder> dq, dk, dv;
};

}  // namespace tartan::inline TARTAN_ISA

namespace tartan::detail::inline TARTAN_ISA {

/// The request of a call's inputs; gradients are still to be set.
template <class S, class L>
GradientRequest<S> gradient_request(const View<const S>& q, const View<const S>& k,
                                    const View<const S>& v, const View<const S>& out,
                                    const Eigen::MatrixBase<L>& lse, const View<const S>& dout,
                                    const Heads& heads, const Batch* batch) {
  static_assert(
      std::is_same_v<typename L::Scalar, Computed<S>>,
      "tartan: attention_backward: lse must be of q's scalar type, or of float where that "
      "is a 16-bit type: as attention_with_lse returned it");
  GradientRequest<S> request{q, k, v, out, dout, view(lse), {}, {}, {}, heads, batch};
  check_inputs(request);
  return request;
}

/// The gradients of a request, in matrices of its shapes.
template <int Order, class S, class P, Executor E>
auto gradients_of(GradientRequest<S> request, const P& pattern, const Options& options,
                  const E& executor) {
  AttentionGradients<S, Order> result;
  result.dq.resize(request.q.rows, request.q.cols);
  result.dk.resize(request.k.rows, request.k.cols);
  result.dv.resize(request.v.rows, request.v.cols);
  request.dq = mutable_view(result.dq);
  request.dk = mutable_view(result.dk);
  request.dv = mutable_view(result.dv);
  differentiate(request, pattern, options, {}, executor);
  return result;
}

template <class S, class P, Executor E>
void gradients_into(GradientRequest<S> request, const View<S>& dq, const View<S>& dk,
                    const View<S>& dv, const P& pattern, const Options& options,
                    const GradientOptions& into, const E& executor) {
  request.dq = dq;
  request.dk = dk;
  request.dv = dv;
  check_gradients(request);
  differentiate(request, pattern, options, into, executor);
}

}  // namespace tartan::detail::inline TARTAN_ISA

namespace tartan::inline TARTAN_ISA {

/// The gradients of attention(): how much a loss changes with q, k and v, where `dout` says how
/// much it changes with the output. q: n×d, k: m×d, v: m×dv, pattern and options as the forward
/// call had them; out: n×dv and lse: n as attention_with_lse() returned them; dout: n×dv. Returns
/// dq, dk and dv, of the shapes of q, k and v, in q's storage order. Weights are computed again
/// from lse: memory is linear in n and m. Exact to rounding; the same bits for any number of
/// threads; a row that attends no key, and a key that no row attends, have gradients of 0; a NaN
/// reaches only the gradients of rows and keys that attend each other. Cost: about 10 * count * d
/// flops. Throws std::invalid_argument where shapes disagree, before anything is written.
///
///     const auto [out, lse] = attention_with_lse(q, k, v, past);
///     const auto [dq, dk, dv] = attention_backward(q, k, v, out, lse, dout, past);
template <Pattern P, class Q, class K, class V, class O, class L, class D,
          Executor E = DefaultExecutor>
auto attention_backward(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                        const Eigen::MatrixBase<V>& v, const Eigen::MatrixBase<O>& out,
                        const Eigen::MatrixBase<L>& lse, const Eigen::MatrixBase<D>& dout,
                        const P& pattern, const Options& options = {}, const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V, O, D>::type;
  return detail::gradients_of<detail::order_of<Q>>(
      detail::gradient_request<S>(detail::view(q), detail::view(k), detail::view(v),
                                  detail::view(out), lse, detail::view(dout), {}, nullptr),
      pattern, options, executor);
}

/// attention_backward() with a pattern that has no run-time value, named as a type.
template <Pattern P, class Q, class K, class V, class O, class L, class D,
          Executor E = DefaultExecutor>
requires std::default_initializable<P>
auto attention_backward(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                        const Eigen::MatrixBase<V>& v, const Eigen::MatrixBase<O>& out,
                        const Eigen::MatrixBase<L>& lse, const Eigen::MatrixBase<D>& dout,
                        const Options& options = {}, const E& executor = {}) {
  return tartan::attention_backward(q, k, v, out, lse, dout, P{}, options, executor);
}

/// attention_backward() into dq, dk and dv: Matrices, Maps or blocks of the shapes of q, k and v,
/// which are written, or with GradientOptions::accumulate added to, and never resized. `into` also
/// says where the gradients of sinks and of the score's numbers go. Throws std::invalid_argument,
/// with nothing written, also where a gradient shares memory with an input or another gradient.
///
///     std::vector<double> dsinks;
///     attention_backward_into(dq, dk, dv, q, k, v, out, lse, dout, past, options,
///                             GradientOptions{.accumulate = false, .dsinks = &dsinks});
template <Pattern P, class DQ, class DK, class DV, class Q, class K, class V, class O, class L,
          class D, Executor E = DefaultExecutor>
requires detail::DenseMatrix<DQ> && detail::DenseMatrix<DK> && detail::DenseMatrix<DV>
void attention_backward_into(DQ&& dq, DK&& dk, DV&& dv, const Eigen::MatrixBase<Q>& q,
                             const Eigen::MatrixBase<K>& k, const Eigen::MatrixBase<V>& v,
                             const Eigen::MatrixBase<O>& out, const Eigen::MatrixBase<L>& lse,
                             const Eigen::MatrixBase<D>& dout, const P& pattern,
                             const Options& options, const GradientOptions& into,
                             const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V, O, D, std::remove_cvref_t<DQ>,
                                          std::remove_cvref_t<DK>, std::remove_cvref_t<DV>>::type;
  detail::gradients_into(
      detail::gradient_request<S>(detail::view(q), detail::view(k), detail::view(v),
                                  detail::view(out), lse, detail::view(dout), {}, nullptr),
      detail::mutable_view(dq), detail::mutable_view(dk), detail::mutable_view(dv), pattern,
      options, into, executor);
}

/// The same, overwriting dq, dk and dv.
template <Pattern P, class DQ, class DK, class DV, class Q, class K, class V, class O, class L,
          class D, Executor E = DefaultExecutor>
requires detail::DenseMatrix<DQ> && detail::DenseMatrix<DK> && detail::DenseMatrix<DV>
void attention_backward_into(DQ&& dq, DK&& dk, DV&& dv, const Eigen::MatrixBase<Q>& q,
                             const Eigen::MatrixBase<K>& k, const Eigen::MatrixBase<V>& v,
                             const Eigen::MatrixBase<O>& out, const Eigen::MatrixBase<L>& lse,
                             const Eigen::MatrixBase<D>& dout, const P& pattern,
                             const Options& options = {}, const E& executor = {}) {
  tartan::attention_backward_into(dq, dk, dv, q, k, v, out, lse, dout, pattern, options,
                                  GradientOptions{}, executor);
}

/// attention_backward() for all heads at once: q, k, v and options as of multi_head_attention(),
/// out and lse (n×query) as multi_head_attention_with_lse() returned them, dout as out. Query heads
/// that share a key/value head add to its dk and dv.
template <detail::PatternOfHeads P, class Q, class K, class V, class O, class L, class D,
          Executor E = DefaultExecutor>
auto multi_head_attention_backward(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                                   const Eigen::MatrixBase<V>& v, const Eigen::MatrixBase<O>& out,
                                   const Eigen::MatrixBase<L>& lse,
                                   const Eigen::MatrixBase<D>& dout, const Heads& heads,
                                   const Batch& batch, const P& pattern,
                                   const Options& options = {}, const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V, O, D>::type;
  return detail::gradients_of<detail::order_of<Q>>(
      detail::gradient_request<S>(detail::view(q), detail::view(k), detail::view(v),
                                  detail::view(out), lse, detail::view(dout), heads, &batch),
      pattern, options, executor);
}

/// The same for one sequence.
template <detail::PatternOfHeads P, class Q, class K, class V, class O, class L, class D,
          Executor E = DefaultExecutor>
auto multi_head_attention_backward(const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
                                   const Eigen::MatrixBase<V>& v, const Eigen::MatrixBase<O>& out,
                                   const Eigen::MatrixBase<L>& lse,
                                   const Eigen::MatrixBase<D>& dout, const Heads& heads,
                                   const P& pattern, const Options& options = {},
                                   const E& executor = {}) {
  const Batch one{{0, q.rows()}, {0, k.rows()}, {}};
  return tartan::multi_head_attention_backward(q, k, v, out, lse, dout, heads, one, pattern,
                                               options, executor);
}

/// multi_head_attention_backward() into dq, dk and dv, as attention_backward_into().
template <detail::PatternOfHeads P, class DQ, class DK, class DV, class Q, class K, class V,
          class O, class L, class D, Executor E = DefaultExecutor>
requires detail::DenseMatrix<DQ> && detail::DenseMatrix<DK> && detail::DenseMatrix<DV>
void multi_head_attention_backward_into(
    DQ&& dq, DK&& dk, DV&& dv, const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
    const Eigen::MatrixBase<V>& v, const Eigen::MatrixBase<O>& out, const Eigen::MatrixBase<L>& lse,
    const Eigen::MatrixBase<D>& dout, const Heads& heads, const Batch& batch, const P& pattern,
    const Options& options = {}, const GradientOptions& into = {}, const E& executor = {}) {
  using S = typename detail::CommonScalar<Q, K, V, O, D, std::remove_cvref_t<DQ>,
                                          std::remove_cvref_t<DK>, std::remove_cvref_t<DV>>::type;
  detail::gradients_into(
      detail::gradient_request<S>(detail::view(q), detail::view(k), detail::view(v),
                                  detail::view(out), lse, detail::view(dout), heads, &batch),
      detail::mutable_view(dq), detail::mutable_view(dk), detail::mutable_view(dv), pattern,
      options, into, executor);
}

/// The same for one sequence.
template <detail::PatternOfHeads P, class DQ, class DK, class DV, class Q, class K, class V,
          class O, class L, class D, Executor E = DefaultExecutor>
requires detail::DenseMatrix<DQ> && detail::DenseMatrix<DK> && detail::DenseMatrix<DV>
void multi_head_attention_backward_into(
    DQ&& dq, DK&& dk, DV&& dv, const Eigen::MatrixBase<Q>& q, const Eigen::MatrixBase<K>& k,
    const Eigen::MatrixBase<V>& v, const Eigen::MatrixBase<O>& out, const Eigen::MatrixBase<L>& lse,
    const Eigen::MatrixBase<D>& dout, const Heads& heads, const P& pattern,
    const Options& options = {}, const GradientOptions& into = {}, const E& executor = {}) {
  const Batch one{{0, q.rows()}, {0, k.rows()}, {}};
  tartan::multi_head_attention_backward_into(dq, dk, dv, q, k, v, out, lse, dout, heads, one,
                                             pattern, options, into, executor);
}

}  // namespace tartan::inline TARTAN_ISA
