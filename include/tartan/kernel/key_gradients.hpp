// The step that gives keys their gradients: G[key][c] += sum over rows of W[key][row] * X[row][c].
// Forward: O[row][c] += P[key][row] * V[key][c], the value step; here rows and keys have changed
// places. Layer: kernel.
#pragma once

#include "values.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Rows, of which lane l is the one at data + l * stride, and keys, of which slot e is.
template <class T>
struct RowsInMemory {
  T* data;
  Index stride;
};

/// R keys by C vectors of columns, over the lanes [begin, end). w: slots × lanes, from the first
/// key's slot on. Adds to what `to` holds; where `first`, to zeros.
template <class T, int R, int C>
EIGEN_STRONG_INLINE void key_tile(const T* EIGEN_RESTRICT w, Index begin, Index end,
                                  const T* EIGEN_RESTRICT x, Index x_stride, T* EIGEN_RESTRICT to,
                                  Index to_stride, bool first) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
  P sum[std::size_t(R)][std::size_t(C)];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      sum[r][c] = first ? simd::broadcast(T(0)) : simd::load(to + r * to_stride + c * W);
    }
  }
  add_values<T, R, C, simd::Singles<T>, 1, L>(w + begin, end - begin, x + begin * x_stride,
                                              x_stride, sum);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) simd::store(to + r * to_stride + c * W, sum[r][c]);
  }
}

/// The same over all columns, a multiple of Shape::width.
template <class T, int R, int C = Shape<T>::cols>
void key_rows(const T* w, Index begin, Index end, const RowsInMemory<const T>& x, Index col,
              Index cols, const RowsInMemory<T>& to, bool first) {
  constexpr int step = C * Shape<T>::width;
  for (; col + step <= cols; col += step) {
    key_tile<T, R, C>(w, begin, end, x.data + col, x.stride, to.data + col, to.stride, first);
  }
  if constexpr (C > 1) {
    if (col < cols) key_rows<T, R, C / 2>(w, begin, end, x, col, cols, to, first);
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
