// The score step: S[key][lane] = sum over t of Qt[t][lane] * K[key][t]. Lanes are queries, so keys
// are read as they lie, one broadcast at a time: no transposing of K, any row stride. Layer:
// kernel.
#pragma once

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Scores of N keys against M vectors of queries. qt: d × lanes; k: N rows, stride k_stride;
/// s: N × lanes. Elements of qt and k are of kind E; scores of pairs come out times `unit`.
template <class T, int N, int M, class E = simd::Singles<T>>
void score_tile(const T* EIGEN_RESTRICT qt, Index d, const T* EIGEN_RESTRICT k, Index k_stride,
                T* EIGEN_RESTRICT s, T unit = T(1)) {
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
      for (int m = 0; m < M; ++m) sum[n][m] = E::madd(q[m], key, sum[n][m]);
    }
  }
#pragma GCC unroll 32
  for (int n = 0; n < N; ++n) {
#pragma GCC unroll 2
    for (int m = 0; m < M; ++m) {
      if constexpr (E::size > 1) sum[n][m] = simd::pmul(sum[n][m], simd::broadcast(unit));
      simd::store(s + n * L + m * W, sum[n][m]);
    }
  }
}

/// Scores of `count` keys against M vectors of queries, in tiles of N keys; the last overlaps the
/// one before rather than be a small one. Fewer than N keys take smaller tiles.
template <class T, int N, int M, class E = simd::Singles<T>>
void score_keys(const T* qt, Index d, const T* k, Index k_stride, Index count, T* s,
                T unit = T(1)) {
  constexpr int L = Shape<T>::lanes;
  const auto tile = [&](Index e) {
    score_tile<T, N, M, E>(qt, d, k + e * k_stride, k_stride, s + e * L, unit);
  };
  if (count >= N) {
    Index e = 0;
    for (; e + N <= count; e += N) tile(e);
    if (e < count) tile(count - N);
  } else if constexpr (N > 1) {
    if (count > 0) score_keys<T, N / 2, M, E>(qt, d, k, k_stride, count, s, unit);
  }
}

/// Scores of N slots of a wrapped part (see KeyPart) against both vectors of queries: where
/// `Mixed` is 0, the low vector's lanes below slot + 1 take key `slot`, its others and the high
/// vector key slot + wrap; where it is 1, the low vector takes key `slot`, and the high vector's
/// lanes divide. first: the number of the first slot; k: its row.
template <class T, int N, int Mixed>
void score_wrapped_tile(const T* EIGEN_RESTRICT qt, Index d, const T* EIGEN_RESTRICT k,
                        Index k_stride, Index wrap, Index first, T* EIGEN_RESTRICT s) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
  P sum[std::size_t(N)][2], near[std::size_t(N)];
#pragma GCC unroll 8
  for (int n = 0; n < N; ++n) {
    sum[n][0] = sum[n][1] = simd::broadcast(T(0));
    near[n] = simd::lanes_up_to<T>(static_cast<T>(first + n - Mixed * W));
  }
  const T* far = k + wrap * k_stride;
#pragma GCC unroll 1
  for (Index t = 0; t < d; ++t) {
    P q0 = simd::load(qt + t * L), q1 = simd::load(qt + t * L + W);
    simd::opaque(q0);
    simd::opaque(q1);
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) {
      const P a = simd::broadcast(k[n * k_stride + t]);
      P b = simd::broadcast(far[n * k_stride + t]);
      simd::opaque(b);
      const P mixed = simd::select(near[n], a, b);
      sum[n][0] = simd::pmadd(q0, Mixed == 0 ? mixed : a, sum[n][0]);
      sum[n][1] = simd::pmadd(q1, Mixed == 0 ? b : mixed, sum[n][1]);
    }
  }
#pragma GCC unroll 8
  for (int n = 0; n < N; ++n) {
    simd::store(s + n * L, sum[n][0]);
    simd::store(s + n * L + W, sum[n][1]);
  }
}

/// Scores of the slots of a wrapped part in which the lanes divide: the first lanes - 1.
template <class T>
void score_wrapped(const T* qt, Index d, const T* k, Index k_stride, Index wrap, T* s) {
  using S = Shape<T>;
  constexpr int N = S::keys_wrapped;
  const auto tile = [&]<int Mixed>(Index e) {
    score_wrapped_tile<T, N, Mixed>(qt, d, k + e * k_stride, k_stride, wrap, e, s + e * S::lanes);
  };
  constexpr Index end = S::lanes - 1;
  for (Index e = 0; e < S::width; e += N) tile.template operator()<0>(e);
  for (Index e = S::width; e < end; e += N) tile.template operator()<1>(min(e, end - N));
}

/// Scores of N slots of a sheared part (see KeyPart) against M vectors of queries: lane l of slot n
/// takes key n + l, in the second vector key n + l + width; where `Shared`, both take the same. kt:
/// d rows of the keys' elements, stride kt_stride. Where `Stay`, the lanes before or after those of
/// [low, high] have the keys of the nearest of them, and one vector's or shared ones.
template <class T, int N, int M, bool Shared, bool Stay>
void score_sheared_tile(const T* EIGEN_RESTRICT qt, Index d, const T* EIGEN_RESTRICT kt,
                        Index kt_stride, Index low, Index high, T* EIGEN_RESTRICT s) {
  static_assert(!Stay || M == 1 || Shared);
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
  P sum[std::size_t(N)][std::size_t(M)];
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n) {
#pragma GCC unroll 2
    for (int m = 0; m < M; ++m) sum[n][m] = simd::broadcast(T(0));
  }
  const Index edge = low > 0 ? low : high;  // not both stay
  const P moving = simd::lanes_within<T>(static_cast<T>(low), static_cast<T>(high));
#pragma GCC unroll 1
  for (Index t = 0; t < d; ++t) {
    const T* keys = kt + t * kt_stride;
    P q[std::size_t(M)];
#pragma GCC unroll 2
    for (int m = 0; m < M; ++m) q[m] = simd::load(qt + t * L + m * W);
    if constexpr (M == 2 && !Shared && N <= W) {
      // Three loads for all slots: the second vector's keys follow the first's.
      P a = simd::load(keys), b = simd::load(keys + W), c = simd::load(keys + 2 * W);
      simd::opaque(a);
      simd::opaque(b);
      simd::opaque(c);
      [&]<int... Slot>(std::integer_sequence<int, Slot...>) {
        ((sum[Slot][0] = simd::pmadd(q[0], simd::window<Slot>(a, b, keys), sum[Slot][0]),
          sum[Slot][1] = simd::pmadd(q[1], simd::window<Slot>(b, c, keys + W), sum[Slot][1])),
         ...);
      }
      (std::make_integer_sequence<int, N>{});
    } else {
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) {
        P key = simd::load(keys + n);
        if constexpr (Stay) {
          key = simd::select(moving, key, simd::broadcast(keys[n + edge]));
        }
        if constexpr (Shared) simd::opaque(key);
#pragma GCC unroll 2
        for (int m = 0; m < M; ++m) {
          const P own = Shared || m == 0 ? key : simd::load(keys + n + W);
          sum[n][m] = simd::pmadd(q[m], own, sum[n][m]);
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n) {
#pragma GCC unroll 2
    for (int m = 0; m < M; ++m) simd::store(s + n * L + m * W, sum[n][m]);
  }
}

/// Scores of `count` slots of a sheared part, in tiles of even size.
template <class T, int M, bool Shared, bool Stay = false, int N = Shape<T>::keys_sheared>
void score_sheared(const T* qt, Index d, const T* kt, Index kt_stride, Index count, T* s,
                   Index low = 0, Index high = Shape<T>::width - 1) {
  if constexpr (N > 0) {
    if (count <= 0) return;
    const Index tiles = ceil_div(count, Shape<T>::keys_sheared);
    if (ceil_div(count, tiles) < N) {
      score_sheared<T, M, Shared, Stay, N - 1>(qt, d, kt, kt_stride, count, s, low, high);
      return;
    }
    for (Index x = 0; x < tiles; ++x) {
      const Index e = min(x * N, count - N);
      score_sheared_tile<T, N, M, Shared, Stay>(qt, d, kt + e, kt_stride, low, high,
                                                s + e * Shape<T>::lanes);
    }
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
