// The score step of few queries: s[r][e] = sum over t of q[r][t] * K[e][t]. Lanes are columns, so
// one query fills its vectors; sums of several keys are reduced together. Layer: kernel.
#pragma once

#include <array>

#include "../simd/reduce.hpp"
#include "row_ahead.hpp"
#include "row_end.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Keys whose scores are computed and reduced at once: 8 chains hide the multiply-add's latency.
template <class T>
inline constexpr int row_tile_keys = simd::square_size<T>;

/// Queries that share a key's vectors in registers; accumulators take half of them.
template <class T>
inline constexpr int row_tile_rows = simd::registers / (2 * row_tile_keys<T>) > 1 ? 2 : 1;

/// Packs a query of d numbers, `stride` apart, for row_scores: times `factor`, in whole vectors as
/// RowEnd reads a key. to: RowEnd(d).padded() numbers.
template <class T, class S>
void pack_query(const S* q, Index stride, Index d, T factor, T* to) {
  const RowEnd<T> end(d);
  for (Index t = 0; t < end.padded(); ++t) to[t] = T(0);
  for (Index t = 0; t < d; ++t) {
    to[t < end.whole() ? t : t + end.lane()] = static_cast<T>(q[t * stride]) * factor;
  }
}

/// Where the keys of a tile lie, in numbers beyond its first.
template <class T>
using RowTileKeys = std::array<Index, std::size_t(row_tile_keys<T>)>;

/// Scores of row_tile_keys keys from k on against R queries; s: R rows of as many, s_stride apart.
/// Where it fetches, what lies `ahead` numbers beyond each vector is brought nearer. Inline always:
/// called, g++ 12 fetches a column of all keys at once, and keys come 40 % slower from memory.
template <class T, int R, bool Fetch, class S>
EIGEN_ALWAYS_INLINE void row_score_tile(const T* EIGEN_RESTRICT q, Index q_stride,
                                        const RowEnd<T>& end, const S* k,
                                        const RowTileKeys<T>& keys, T* EIGEN_RESTRICT s,
                                        Index s_stride, Index ahead) {
  using P = simd::Packet<T>;
  constexpr int N = row_tile_keys<T>, most = 4;
  constexpr Index W = Shape<T>::width;
  P sum[std::size_t(R)][std::size_t(N)];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) sum[r][n] = simd::broadcast(T(0));
  }
  // Key by key, some vectors of each: in the order of memory, which processors foresee.
  const auto add = [&]<int C>(std::integral_constant<int, C>, Index t, const auto& load) {
    P query[std::size_t(R)][std::size_t(C)];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) query[r][c] = simd::load(q + r * q_stride + t + c * W);
    }
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) {
      const S* key = k + keys[std::size_t(n)];
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const P column = load(key, t + c * W);
        if constexpr (Fetch) fetch_ahead<T>(key, t + c * W, ahead);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) sum[r][n] = simd::pmadd(query[r][c], column, sum[r][n]);
      }
    }
  };
  const auto load = [](const S* key, Index t) { return simd::load_as<T>(key + t); };
  const Index whole = end.whole();
  Index t = 0;
#pragma GCC unroll 1
  for (; t + most * W <= whole; t += most * W) {
    add(std::integral_constant<int, most>{}, t, load);
  }
#pragma GCC unroll 1
  for (; t < whole; t += W) add(std::integral_constant<int, 1>{}, t, load);
  if (end.rest() > 0) {
    add(std::integral_constant<int, 1>{}, whole,
        [&](const S* key, Index) { return end.load(key); });
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) simd::sum_each<T>(sum[r], s + r * s_stride);
}

/// Scores of `count` keys, k_stride apart, against R packed queries. s: R rows, s_stride apart, of
/// `count` numbers rounded up to row_tile_keys; what is beyond `count` is no score. Nothing but the
/// keys' d columns is read.
template <class T, int R, class S>
void row_scores(const T* q, Index q_stride, const RowEnd<T>& end, const S* k, Index k_stride,
                Index count, T* s, Index s_stride, const RowAhead& ahead) {
  constexpr int N = row_tile_keys<T>, together = R == 1 ? 1 : row_tile_rows<T>;
  RowTileKeys<T> keys;
#pragma GCC unroll 8
  for (int n = 0; n < N; ++n) keys[std::size_t(n)] = n * k_stride;
  for (Index e = 0; e < count; e += N) {
    if (count - e < N) {
#pragma GCC unroll 8
      for (int n = 1; n < N; ++n) {  // the last key, once more, for those beyond it
        if (n >= count - e) keys[std::size_t(n)] = keys[std::size_t(n - 1)];
      }
    }
    const S* first = k + e * k_stride;
    row_score_tile<T, together, true>(q, q_stride, end, first, keys, s + e, s_stride,
                                      ahead.after(e + N, k_stride));
    int r = together;
    for (; r + together <= R; r += together) {
      row_score_tile<T, together, false>(q + r * q_stride, q_stride, end, first, keys,
                                         s + r * s_stride + e, s_stride, 0);
    }
    for (; r < R; ++r) {
      row_score_tile<T, 1, false>(q + r * q_stride, q_stride, end, first, keys,
                                  s + r * s_stride + e, s_stride, 0);
    }
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
