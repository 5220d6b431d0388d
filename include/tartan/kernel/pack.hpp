// Copying and transposing between users' matrices and the kernel's buffers. Layer: kernel.
#pragma once

#include <type_traits>

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// to[c * to_stride + r] = from[r * from_stride + c] * factor, for rows × cols numbers.
template <class T>
void transpose_into(const T* EIGEN_RESTRICT from, Index from_stride, Index rows, Index cols,
                    T* EIGEN_RESTRICT to, Index to_stride, T factor) {
  constexpr int N = simd::square_size<T>;
  Index r = 0;
  for (; r + N <= rows; r += N) {
    Index c = 0;
    for (; c + N <= cols; c += N) {
      simd::transpose_square(from + r * from_stride + c, from_stride, to + c * to_stride + r,
                             to_stride, factor);
    }
    for (; c < cols; ++c) {
      for (int x = 0; x < N; ++x) {
        to[c * to_stride + r + x] = from[(r + x) * from_stride + c] * factor;
      }
    }
  }
  for (; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) to[c * to_stride + r] = from[r * from_stride + c] * factor;
  }
}

/// to[r * to_stride + c] = from[r * from_stride + c] * factor, for rows × cols numbers.
template <class T>
void copy_into(const T* EIGEN_RESTRICT from, Index from_stride, Index rows, Index cols,
               T* EIGEN_RESTRICT to, Index to_stride, T factor) {
  constexpr int W = Shape<T>::width;
  const auto scale = simd::broadcast(factor);
  for (Index r = 0; r < rows; ++r) {
    const T* source = from + r * from_stride;
    T* target = to + r * to_stride;
    Index c = 0;
    for (; c + W <= cols; c += W)
      simd::store(target + c, simd::pmul(simd::load(source + c), scale));
    for (; c < cols; ++c) target[c] = source[c] * factor;
  }
}

/// A matrix in memory, as the kernel is handed it.
template <class T>
struct Strided2D {
  T* data;
  Index row_stride;
  Index col_stride;
};

/// to(r, c) = from(r, c), from one scalar type to another; fast where columns are contiguous.
template <class A, class B>
void convert(const Strided2D<const A>& from, Index rows, Index cols, const Strided2D<B>& to) {
  for (Index r = 0; r < rows; ++r) {
    const A* source = from.data + r * from.row_stride;
    B* target = to.data + r * to.row_stride;
    if (from.col_stride == 1 && to.col_stride == 1) {
      Eigen::Map<Eigen::Array<B, Eigen::Dynamic, 1>>(target, cols) =
          Eigen::Map<const Eigen::Array<A, Eigen::Dynamic, 1>>(source, cols).template cast<B>();
    } else {
      for (Index c = 0; c < cols; ++c) {
        target[c * to.col_stride] = static_cast<B>(source[c * from.col_stride]);
      }
    }
  }
}

/// to(r, c) = from(r, c) * factor, for any strides; fast where one stride of each is 1.
template <class T>
void rearrange(const Strided2D<const T>& from, Index rows, Index cols, const Strided2D<T>& to,
               std::type_identity_t<T> factor) {
  if (from.col_stride == 1 && to.col_stride == 1) {
    copy_into(from.data, from.row_stride, rows, cols, to.data, to.row_stride, factor);
  } else if (from.col_stride == 1 && to.row_stride == 1) {
    transpose_into(from.data, from.row_stride, rows, cols, to.data, to.col_stride, factor);
  } else if (from.row_stride == 1 && to.col_stride == 1) {
    transpose_into(from.data, from.col_stride, cols, rows, to.data, to.row_stride, factor);
  } else if (from.row_stride == 1 && to.row_stride == 1) {
    copy_into(from.data, from.col_stride, cols, rows, to.data, to.col_stride, factor);
  } else {
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < cols; ++c) {
        to.data[r * to.row_stride + c * to.col_stride] =
            from.data[r * from.row_stride + c * from.col_stride] * factor;
      }
    }
  }
}

/// The same between numbers of another type S and the kernel's T: through a piece at a time, which
/// stays in the cache.
template <class A, class B>
requires(!std::is_same_v<A, B>) void rearrange(const Strided2D<const A>& from, Index rows,
                                               Index cols, const Strided2D<B>& to, auto factor) {
  using T = decltype(factor);
  constexpr Index most_rows = 32, most_cols = 64;
  T piece[std::size_t(most_rows * most_cols)];
  for (Index r = 0; r < rows; r += most_rows) {
    for (Index c = 0; c < cols; c += most_cols) {
      const Index height = min(most_rows, rows - r), width = min(most_cols, cols - c);
      const Strided2D<const A> source{from.data + r * from.row_stride + c * from.col_stride,
                                      from.row_stride, from.col_stride};
      const Strided2D<B> target{to.data + r * to.row_stride + c * to.col_stride, to.row_stride,
                                to.col_stride};
      const Strided2D<T> here{piece, most_cols, 1};
      const Strided2D<const T> there{piece, most_cols, 1};
      if constexpr (std::is_same_v<B, T>) {
        convert(source, height, width, here);
        rearrange(there, height, width, target, factor);
      } else {
        rearrange(source, height, width, here, factor);
        convert(there, height, width, target);
      }
    }
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
