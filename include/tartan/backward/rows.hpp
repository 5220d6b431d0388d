// Rows of matrices, to and from the padded copies that the kernel works on. Layer: backward.
#pragma once

#include "../kernel/key_gradients.hpp"
#include "gradient_call.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Copies rows beside each other, `columns` apart, with zeros after each.
template <class T, class S>
void pack_rows(const Strided2D<const S>& from, Index rows, Index cols, T* to, Index columns) {
  rearrange(from, rows, cols, Strided2D<T>{to, columns, 1}, T(1));
  for (Index r = 0; r < rows && cols < columns; ++r) {
    std::fill(to + r * columns + cols, to + (r + 1) * columns, T(0));
  }
}

/// x(rows[r], c) += from[r * stride + c], or where they are the first just that, for all columns of
/// x, which are contiguous.
template <class T>
void add_rows(const T* from, Index stride, const View<T>& x, const Lattice& rows,
              bool first = false) {
  using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
  for (Index r = 0; r < rows.count; ++r) {
    const Eigen::Map<const Row> row(from + r * stride, x.cols);
    Eigen::Map<Row> to(x.at(rows[r], 0), x.cols);
    if (first) {
      to = row;
    } else {
      to += row;
    }
  }
}

/// x(rows[r], c) = 0, the same.
template <class T>
void clear_rows(const View<T>& x, const Lattice& rows) {
  for (Index r = 0; r < rows.count; ++r) std::fill_n(x.at(rows[r], 0), x.cols, T(0));
}

}  // namespace tartan::detail::inline TARTAN_ISA
