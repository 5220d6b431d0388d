// Matrices as the drivers see them: a pointer, two sizes and two strides. Layer: attention.
#pragma once

#include <type_traits>

#include "../lattice/index.hpp"

namespace tartan::detail {

/// Any matrix in memory: element (r, c) is at data[r * row_stride + c * col_stride].
template <class T>
struct View {
  T* data;
  Index rows;
  Index cols;
  Index row_stride;
  Index col_stride;

  T* at(Index r, Index c) const { return data + r * row_stride + c * col_stride; }

  /// Rows [begin, begin + count) and, of them, `width` columns from `column` on.
  View part(Index begin, Index count, Index column, Index width) const {
    return {at(begin, column), count, width, row_stride, col_stride};
  }
  /// True where rows that are `step` apart fall on few sets of the cache.
  bool scattered(Index step) const { return step * row_stride > 2 * cols; }
};

/// The view of a matrix. One without elements has no memory to point into: its strides are those of
/// a matrix whose rows all lie in one place.
template <class T, class M>
View<T> view_of(M& m) {
  if (m.size() == 0) return {m.data(), m.rows(), m.cols(), 0, 1};
  return {m.data(), m.rows(), m.cols(), m.rowStride(), m.colStride()};
}

template <class Derived>
inline constexpr bool has_direct_access = (int(Derived::Flags) & Eigen::DirectAccessBit) != 0;

template <class Derived>
View<const typename Derived::Scalar> view(const Eigen::MatrixBase<Derived>& matrix) {
  static_assert(
      has_direct_access<Derived>,
      "tartan: attention: q, k and v must be stored in memory (a Matrix, Map, Block, ...): "
      "call .eval() on an expression first");
  return view_of<const typename Derived::Scalar>(matrix.derived());
}

template <class M>
auto mutable_view(M& matrix) {
  using Scalar = typename M::Scalar;
  static_assert(
      !std::is_const_v<M> && has_direct_access<M> && (int(M::Flags) & Eigen::LvalueBit) != 0,
      "tartan: attention: out must be a writable matrix in memory (a Matrix, Map, Block, "
      "...), not const and not an expression");
  return view_of<Scalar>(matrix);
}

template <class T>
View<const T> as_const(const View<T>& v) {
  return {v.data, v.rows, v.cols, v.row_stride, v.col_stride};
}

}  // namespace tartan::detail
