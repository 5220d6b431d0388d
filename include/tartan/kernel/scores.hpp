// The score step: S[key][lane] = sum over t of Qt[t][lane] * K[key][t]. Lanes are queries, so keys
// are read as they lie, one broadcast at a time: no transposing of K, any row stride. Layer:
// kernel.
#pragma once

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Scores of N keys against M vectors of queries. qt: d × lanes; k: N rows, stride k_stride;
/// s: N × lanes.
template <class T, int N, int M>
void score_tile(const T* EIGEN_RESTRICT qt, Index d, const T* EIGEN_RESTRICT k, Index k_stride,
                T* EIGEN_RESTRICT s) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
  P sum[std::size_t(N)][std::size_t(M)];
#pragma GCC unroll 32
  for (int n = 0; n < N; ++n) {
#pragma GCC unroll 2
    for (int m = 0; m < M; ++m) sum[n][m] = simd::broadcast(T(0));
  }
#pragma GCC unroll 1
  for (Index t = 0; t < d; ++t) {
    P q[std::size_t(M)];
#pragma GCC unroll 2
    for (int m = 0; m < M; ++m) q[m] = simd::load(qt + t * L + m * W);
#pragma GCC unroll 32
    for (int n = 0; n < N; ++n) {
      const P key = simd::broadcast(k[n * k_stride + t]);
#pragma GCC unroll 2
      for (int m = 0; m < M; ++m) sum[n][m] = simd::pmadd(q[m], key, sum[n][m]);
    }
  }
#pragma GCC unroll 32
  for (int n = 0; n < N; ++n) {
#pragma GCC unroll 2
    for (int m = 0; m < M; ++m) simd::store(s + n * L + m * W, sum[n][m]);
  }
}

/// Scores of `count` keys against M vectors of queries, in tiles of N keys, then of fewer.
template <class T, int N, int M>
void score_keys(const T* qt, Index d, const T* k, Index k_stride, Index count, T* s) {
  constexpr int L = Shape<T>::lanes;
  Index e = 0;
  for (; e + N <= count; e += N) score_tile<T, N, M>(qt, d, k + e * k_stride, k_stride, s + e * L);
  if constexpr (N > 1) {
    if (e < count) {
      score_keys<T, N / 2, M>(qt, d, k + e * k_stride, k_stride, count - e, s + e * L);
    }
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
