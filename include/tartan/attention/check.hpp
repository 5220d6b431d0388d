// What is refused, before anything is written. Layer: attention.
#pragma once

#include <stdexcept>
#include <string>

#include "view.hpp"

namespace tartan::detail {

[[noreturn]] inline void refuse(const std::string& what) {
  throw std::invalid_argument("tartan: attention: " + what);
}

inline std::string shape_text(Index rows, Index cols) {
  return std::to_string(rows) + "x" + std::to_string(cols);
}

/// Throws std::invalid_argument unless q is n×d, k m×d, v m×dv.
template <class T>
void check_shapes(const View<const T>& q, const View<const T>& k, const View<const T>& v) {
  if (q.cols != k.cols) {
    refuse("q is " + shape_text(q.rows, q.cols) + " but k is " + shape_text(k.rows, k.cols) +
           " (both have head_dim columns)");
  }
  if (k.rows != v.rows) {
    refuse("k is " + shape_text(k.rows, k.cols) + " but v is " + shape_text(v.rows, v.cols) +
           " (both have seqlen_k rows)");
  }
}

/// Throws std::invalid_argument where positions would leave what integers can hold.
inline void check_query_offset(Index query_offset) {
  constexpr Index most = Index{1} << 60;
  if (query_offset < -most || query_offset > most) {
    refuse("query_offset must be within 2^60 of 0, got " + std::to_string(query_offset));
  }
}

/// Throws std::invalid_argument unless out is n×dv, each element in a place of its own.
template <class T>
void check_out_shape(const View<T>& out, const View<const T>& q, const View<const T>& v) {
  if (out.rows != q.rows || out.cols != v.cols) {
    refuse("out is " + shape_text(out.rows, out.cols) + " but must be " +
           shape_text(q.rows, v.cols) + " (rows of q, columns of v); it is never resized");
  }
  if (out.rows * out.cols > 0 &&
      ((out.rows > 1 && out.row_stride == 0) || (out.cols > 1 && out.col_stride == 0))) {
    refuse("out has a stride of 0 (its elements must be apart)");
  }
}

/// True where the two may share an element. Exact for matrices of one layout, such as columns of
/// one larger matrix; else true where their address ranges overlap.
template <class T>
bool overlap(const View<const T>& a, const View<const T>& b) {
  if (a.rows == 0 || a.cols == 0 || b.rows == 0 || b.cols == 0) return false;
  // The lowest and the highest address: strides may be negative.
  const auto corner = [](const View<const T>& x, bool low) {
    return reinterpret_cast<std::uintptr_t>(x.at((x.row_stride < 0) == low ? x.rows - 1 : 0,
                                                 (x.col_stride < 0) == low ? x.cols - 1 : 0));
  };
  const auto first = [&](const View<const T>& x) { return corner(x, true); };
  const auto last = [&](const View<const T>& x) { return corner(x, false); };
  if (last(a) < first(b) || last(b) < first(a)) return false;
  if (a.row_stride != b.row_stride || a.col_stride != b.col_stride) return true;
  // Columns [0, a.cols) of a against those of b, which start `shift` further on in a row of
  // `outer`.
  const bool row_major = a.col_stride <= a.row_stride;
  const Index outer = row_major ? a.row_stride : a.col_stride;
  const Index inner = row_major ? a.col_stride : a.row_stride;
  const Index a_width = row_major ? a.cols : a.rows, b_width = row_major ? b.cols : b.rows;
  if (inner != 1 || max(a_width, b_width) > outer) return true;
  const auto elements = static_cast<Index>(first(b) - first(a)) / static_cast<Index>(sizeof(T));
  const Index shift = floor_mod(elements, outer);
  return shift < a_width || shift + b_width > outer;
}

}  // namespace tartan::detail
