// The value step: O[row][c] = O[row][c] * correction[row] + sum over keys of P[key][row] *
// V[key][c]. Columns are in the lanes, so V is read and O is written as they lie: no transposing.
// Layer: kernel.
#pragma once

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Where the outputs of some rows come from and go to.
template <class T>
struct ValueRows {
  const T* from;  ///< earlier outputs, each row to be multiplied by its correction; null: zeros
  Index from_stride;
  const T* correction;  ///< one number a row
  T* to;
  Index to_stride;
  const T* finish;  ///< what the new outputs are multiplied by, one number a row; null: by 1

  ValueRows from_row(Index r) const {
    return {from ? from + r * from_stride : nullptr,
            from_stride,
            correction + r,
            to + r * to_stride,
            to_stride,
            finish ? finish + r : nullptr};
  }
  ValueRows from_column(Index c) const {
    return {from ? from + c : nullptr, from_stride, correction, to + c, to_stride, finish};
  }
};

/// R rows by C vectors of columns, over `count` keys. p: count × lanes, from the first of the rows;
/// v: count rows, stride v_stride.
template <class T, int R, int C>
void value_tile(const T* EIGEN_RESTRICT p, Index count, const T* EIGEN_RESTRICT v, Index v_stride,
                const ValueRows<T>& rows) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
  P sum[std::size_t(R)][std::size_t(C)];
  if (rows.from) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const P correction = simd::broadcast(rows.correction[r]);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) {
        sum[r][c] = simd::pmul(simd::load(rows.from + r * rows.from_stride + c * W), correction);
      }
    }
  } else {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = simd::broadcast(T(0));
    }
  }
#pragma GCC unroll 1
  for (Index e = 0; e < count; ++e) {
    P value[std::size_t(C)];
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      value[c] = simd::load(v + e * v_stride + c * W);
      simd::keep_in_register(value[c]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const P weight = simd::broadcast(p[e * L + r]);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = simd::pmadd(weight, value[c], sum[r][c]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const P finish = simd::broadcast(rows.finish ? rows.finish[r] : T(1));
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      simd::store(rows.to + r * rows.to_stride + c * W, simd::pmul(sum[r][c], finish));
    }
  }
}

/// Shape::rows rows and all `vectors` vectors of their columns.
template <class T, int C = Shape<T>::cols>
void value_rows(const T* p, Index count, const T* v, Index v_stride, const ValueRows<T>& rows,
                Index vectors) {
  constexpr int W = Shape<T>::width, R = Shape<T>::rows;
  Index c = 0;
  for (; c + C <= vectors; c += C) {
    value_tile<T, R, C>(p, count, v + c * W, v_stride, rows.from_column(c * W));
  }
  if constexpr (C > 1) {
    if (c < vectors) {
      value_rows<T, C / 2>(p, count, v + c * W, v_stride, rows.from_column(c * W), vectors - c);
    }
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
