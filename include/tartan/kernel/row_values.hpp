// The value step of few queries: out[r][c] = out[r][c] * correction[r] + sum over e of p[r][e] *
// V[e][c]. Lanes are columns; outputs stay in registers over a block. Layer: kernel.
#pragma once

#include "row_ahead.hpp"
#include "row_end.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Weights and values of one block, and where the outputs are.
template <class T, class S>
struct RowValues {
  const T* p;  ///< rows of `count` weights, p_stride apart
  Index p_stride;
  const S* v;  ///< `count` rows of the values' columns, v_stride apart
  Index v_stride;
  Index count;
  const T* correction;  ///< one a row
  T* out;               ///< rows of the values' columns, out_stride apart
  Index out_stride;
};

/// Vectors of columns that R rows take at once: 8 chains hide the multiply-add's latency, and
/// accumulators and a row's vectors of values must fit the registers.
template <int R>
inline constexpr int row_tile_cols = simd::registers >= 32 ? (R <= 2 ? 8 : 4)
                                                           : (R == 1   ? 8
                                                              : R == 2 ? 4
                                                                       : 2);

/// C vectors of columns, from column `col` on, as load(row, c) reads them. Where it isolates, a
/// value whose weight is 0 is not multiplied by it: it may be NaN, and is not the row's.
template <class T, int R, int C, bool Isolate, class S, class Load>
EIGEN_STRONG_INLINE void accumulate_values(const RowValues<T, S>& x, Index col,
                                           const RowAhead& ahead,
                                           simd::Packet<T> (&sum)[std::size_t(R)][std::size_t(C)],
                                           const Load& load) {
  using P = simd::Packet<T>;
  const Index count = x.count;
#pragma GCC unroll 1
  for (Index e = 0; e < count; ++e) {
    const S* row = x.v + e * x.v_stride;
    const Index further = ahead.after(e + 1, x.v_stride);
    P value[std::size_t(C)];
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      value[c] = load(row, c);
      fetch_ahead<T>(row, col + c * Shape<T>::width, further);
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const T p = x.p[r * x.p_stride + e];
      if constexpr (Isolate) {
        if (p == T(0)) continue;
      }
      const P weight = simd::broadcast(p);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = simd::pmadd(weight, value[c], sum[r][c]);
    }
  }
}

/// C vectors of columns, from column `col` on.
template <class T, int R, int C, bool Isolate, class S>
void row_value_tile(const RowValues<T, S>& x, Index col, const RowAhead& ahead) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width;
  P sum[std::size_t(R)][std::size_t(C)];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    const P correction = simd::broadcast(x.correction[r]);
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      sum[r][c] = simd::pmul(simd::load(x.out + r * x.out_stride + col + c * W), correction);
    }
  }
  accumulate_values<T, R, C, Isolate>(
      x, col, ahead, sum, [&](const S* row, int c) { return simd::load_as<T>(row + col + c * W); });
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      simd::store(x.out + r * x.out_stride + col + c * W, sum[r][c]);
    }
  }
}

/// The columns of whole vectors from `col` on, C vectors at a time, then fewer.
template <class T, int R, bool Isolate, int C, class S>
void row_value_columns(const RowValues<T, S>& x, Index col, Index end, const RowAhead& ahead) {
  constexpr Index step = C * Shape<T>::width;
  for (; col + step <= end; col += step) row_value_tile<T, R, C, Isolate>(x, col, ahead);
  if constexpr (C > 1) {
    if (col < end) row_value_columns<T, R, Isolate, C / 2>(x, col, end, ahead);
  }
}

/// The value step of R rows over one block. Nothing but the values' columns is read.
template <class T, int R, bool Isolate, class S>
void row_values(const RowValues<T, S>& x, const RowEnd<T>& end, const RowAhead& ahead) {
  using P = simd::Packet<T>;
  row_value_columns<T, R, Isolate, row_tile_cols<R>>(x, 0, end.whole(), ahead);
  if (end.rest() == 0) return;
  P sum[std::size_t(R)][1];
  for (int r = 0; r < R; ++r) {
    sum[r][0] = simd::pmul(end.load(x.out + r * x.out_stride), simd::broadcast(x.correction[r]));
  }
  accumulate_values<T, R, 1, Isolate>(x, end.whole(), ahead, sum,
                                      [&](const S* row, int) { return end.load(row); });
  for (int r = 0; r < R; ++r) end.store(x.out + r * x.out_stride, sum[r][0]);
}

}  // namespace tartan::detail::inline TARTAN_ISA
