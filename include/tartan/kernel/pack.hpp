// Copying and transposing between users' matrices and the kernel's buffers. Layer: kernel.
#pragma once

#include <cstring>
#include <type_traits>

#include "../simd/convert.hpp"
#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// to[c * to_stride + r] = from[r * from_stride + c] * factor, for rows × cols numbers; the factor
/// is of type T, or simd::Unchanged.
template <class T, class F>
void transpose_into(const T* EIGEN_RESTRICT from, Index from_stride, Index rows, Index cols,
                    T* EIGEN_RESTRICT to, Index to_stride, F factor) {
  constexpr int N = simd::square_size<T>;
  const auto change = [&](T x) {
    if constexpr (std::is_same_v<F, T>) {
      return x * factor;
    } else {
      return x;
    }
  };
  Index r = 0;
  for (; r + N <= rows; r += N) {
    Index c = 0;
    for (; c + N <= cols; c += N) {
      simd::transpose_square(from + r * from_stride + c, from_stride, to + c * to_stride + r,
                             to_stride, factor);
    }
    for (; c < cols; ++c) {
      for (int x = 0; x < N; ++x) {
        to[c * to_stride + r + x] = change(from[(r + x) * from_stride + c]);
      }
    }
  }
  for (; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) to[c * to_stride + r] = change(from[r * from_stride + c]);
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

/// to(r, c) = from(r, c), from one scalar type to another; fast where the same stride of both is 1.
template <class A, class B>
void convert(const Strided2D<const A>& from, Index rows, Index cols, const Strided2D<B>& to) {
  if (from.col_stride != 1 && from.row_stride == 1 && to.row_stride == 1) {
    convert<A, B>({from.data, from.col_stride, 1}, cols, rows, {to.data, to.col_stride, 1});
    return;
  }
  for (Index r = 0; r < rows; ++r) {
    const A* source = from.data + r * from.row_stride;
    B* target = to.data + r * to.row_stride;
    if (from.col_stride == 1 && to.col_stride == 1) {
      Index c = 0;
      if constexpr (sizeof(A) == 2) {
        for (; c + simd::width<B> <= cols; c += simd::width<B>) {
          simd::store(target + c, simd::load_as<B>(source + c));
        }
      }
      Eigen::Map<Eigen::Array<B, Eigen::Dynamic, 1>>(target + c, cols - c) =
          Eigen::Map<const Eigen::Array<A, Eigen::Dynamic, 1>>(source + c, cols - c)
              .template cast<B>();
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
  if (factor == T(1) && from.col_stride == 1 && to.col_stride == 1) {
    convert(from, rows, cols, to);
    return;
  }
  bool by_rows = to.col_stride == 1;  // how the numbers of type S lie, and the piece
  if constexpr (std::is_same_v<B, T>) by_rows = from.col_stride == 1;
  constexpr Index most_rows = 32, most_cols = 64;
  T piece[std::size_t(most_rows * most_cols)];
  for (Index r = 0; r < rows; r += most_rows) {
    for (Index c = 0; c < cols; c += most_cols) {
      const Index height = min(most_rows, rows - r), width = min(most_cols, cols - c);
      const Strided2D<const A> source{from.data + r * from.row_stride + c * from.col_stride,
                                      from.row_stride, from.col_stride};
      const Strided2D<B> target{to.data + r * to.row_stride + c * to.col_stride, to.row_stride,
                                to.col_stride};
      const Strided2D<T> here{piece, by_rows ? most_cols : 1, by_rows ? 1 : most_rows};
      const Strided2D<const T> there{piece, here.row_stride, here.col_stride};
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

/// to[p * to_stride + r] = the pair of from(r, 2p) and from(r, 2p + 1), for rows × cols numbers;
/// after an odd last column comes 0. Rows lie side by side.
inline void interleave_into(const Strided2D<const Eigen::bfloat16>& from, Index rows, Index cols,
                            float* to, Index to_stride) {
  using E = simd::Bfloat16Pairs;
  for (Index c = 0; c < cols; c += 2, to += to_stride) {
    const Eigen::bfloat16* first = from.data + c * from.col_stride;
    const Eigen::bfloat16* second = first + from.col_stride;
    Index r = 0;
    for (; c + 1 < cols && r + E::width <= rows; r += E::width) {
      E::interleave(first + r, second + r, to + r);
    }
    for (; r < rows; ++r) to[r] = E::pair(first[r], c + 1 < cols ? second[r] : Eigen::bfloat16(0));
  }
}

/// to[r * to_stride + p] = the same, for any strides; fast where a row's columns are contiguous.
inline void pair_up_into(const Strided2D<const Eigen::bfloat16>& from, Index rows, Index cols,
                         float* to, Index to_stride) {
  using E = simd::Bfloat16Pairs;
  for (Index r = 0; r < rows; ++r, to += to_stride) {
    const Eigen::bfloat16* row = from.data + r * from.row_stride;
    Index c = 0;
    for (; from.col_stride == 1 && c + 2 * E::width <= cols; c += 2 * E::width) {
      std::memcpy(to + c / 2, row + c, 2 * E::width * sizeof(*row));
    }
    for (; c + 1 < cols; c += 2) {
      to[c / 2] = E::pair(row[c * from.col_stride], row[(c + 1) * from.col_stride]);
    }
    if (c < cols) to[c / 2] = E::pair(row[c * from.col_stride], Eigen::bfloat16(0));
  }
}

/// to(r, p) = the pair of from(r, 2p) and from(r, 2p + 1), for rows × cols numbers; after an odd
/// last column comes 0. One stride of `to` is 1. Fast where one stride of `from` is, too.
inline void rearrange_pairs(const Strided2D<const Eigen::bfloat16>& from, Index rows, Index cols,
                            const Strided2D<float>& to) {
  const bool interleave = from.row_stride == 1;
  if (interleave && to.row_stride == 1) {
    interleave_into(from, rows, cols, to.data, to.col_stride);
    return;
  }
  if (!interleave && to.col_stride == 1) {
    pair_up_into(from, rows, cols, to.data, to.row_stride);
    return;
  }
  constexpr Index most = 32;  // pieces that stay in the cache
  float piece[std::size_t(most * most)];
  for (Index r = 0; r < rows; r += most) {
    for (Index c = 0; c < cols; c += 2 * most) {
      const Index height = min(most, rows - r), width = min(2 * most, cols - c);
      const Strided2D<const Eigen::bfloat16> part{
          from.data + r * from.row_stride + c * from.col_stride, from.row_stride, from.col_stride};
      float* target = to.data + r * to.row_stride + c / 2 * to.col_stride;
      if (interleave) {
        interleave_into(part, height, width, piece, most);
        transpose_into(piece, most, ceil_div(width, 2), height, target, to.row_stride,
                       simd::Unchanged{});
      } else {
        pair_up_into(part, height, width, piece, most);
        transpose_into(piece, most, height, ceil_div(width, 2), target, to.col_stride,
                       simd::Unchanged{});
      }
    }
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
