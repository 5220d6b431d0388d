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
};

/// The slots of a block that some rows take values from: `count` from `begin` on. In a wrapped
/// block (see KeyBlock) these are all slots, and row r of the tile takes key e for the slots e >= r
/// and key e + wrap before.
struct ValueSlots {
  Index begin;
  Index count;
  Index wrap;  ///< 0: the block is not wrapped
};

/// sum += P * V over `count` slots.
template <class T, int R, int C>
EIGEN_STRONG_INLINE void add_values(const T* EIGEN_RESTRICT p, Index count,
                                    const T* EIGEN_RESTRICT v, Index v_stride,
                                    simd::Packet<T> (&sum)[std::size_t(R)][std::size_t(C)]) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
#pragma GCC unroll 1
  for (Index e = 0; e < count; ++e) {
    P value[std::size_t(C)];
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      value[c] = simd::load(v + e * v_stride + c * W);
      simd::opaque(value[c]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const P weight = simd::broadcast(p[e * L + r]);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = simd::pmadd(weight, value[c], sum[r][c]);
    }
  }
}

/// sum += P * V over the R - 1 slots of a wrapped block in which the rows divide: in slot x of
/// them, rows 0 to x take V[x], the others V[x + wrap].
template <class T, int R, int C>
EIGEN_STRONG_INLINE void add_divided_values(
    const T* EIGEN_RESTRICT p, const T* EIGEN_RESTRICT v, Index v_stride, Index wrap,
    simd::Packet<T> (&sum)[std::size_t(R)][std::size_t(C)]) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
#pragma GCC unroll 16
  for (int x = 0; x < R - 1; ++x) {
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      const P near = simd::load(v + x * v_stride + c * W);
      const P far = simd::load(v + (x + wrap) * v_stride + c * W);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        sum[r][c] = simd::pmadd(simd::broadcast(p[x * L + r]), r <= x ? near : far, sum[r][c]);
      }
    }
  }
}

/// R rows from `row` on by C vectors of columns from `col` on. p: slots × lanes; v: rows by slot,
/// stride v_stride.
template <class T, int R, int C>
void value_tile(const T* p, const ValueSlots& slots, const T* v, Index v_stride, Index row,
                Index col, const ValueRows<T>& rows) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
  P sum[std::size_t(R)][std::size_t(C)];
  if (rows.from) {
    const T* from = rows.from + row * rows.from_stride + col;
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const P correction = simd::broadcast(rows.correction[row + r]);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) {
        sum[r][c] = simd::pmul(simd::load(from + r * rows.from_stride + c * W), correction);
      }
    }
  } else {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = simd::broadcast(T(0));
    }
  }
  p += row;
  v += col;
  if (slots.wrap == 0) {
    add_values<T, R, C>(p + slots.begin * L, slots.count, v + slots.begin * v_stride, v_stride,
                        sum);
  } else {
    add_values<T, R, C>(p, row, v + slots.wrap * v_stride, v_stride, sum);
    add_divided_values<T, R, C>(p + row * L, v + row * v_stride, v_stride, slots.wrap, sum);
    const Index rest = row + R - 1;
    add_values<T, R, C>(p + rest * L, slots.count - rest, v + rest * v_stride, v_stride, sum);
  }
  T* to = rows.to + row * rows.to_stride + col;
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const P finish = simd::broadcast(rows.finish ? rows.finish[row + r] : T(1));
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      simd::store(to + r * rows.to_stride + c * W, simd::pmul(sum[r][c], finish));
    }
  }
}

/// Shape::rows rows from `row` on, and all their columns from `col` to `cols`, a multiple of
/// Shape::width.
template <class T, int C = Shape<T>::cols>
void value_rows(const T* p, const ValueSlots& slots, const T* v, Index v_stride, Index row,
                Index col, Index cols, const ValueRows<T>& rows) {
  constexpr int R = Shape<T>::rows, step = C * Shape<T>::width;
  for (; col + step <= cols; col += step) {
    value_tile<T, R, C>(p, slots, v, v_stride, row, col, rows);
  }
  if constexpr (C > 1) {
    if (col < cols) value_rows<T, C / 2>(p, slots, v, v_stride, row, col, cols, rows);
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
