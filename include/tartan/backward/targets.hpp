// Where gradients are summed: in the caller's matrices, or, where these are of another type or
// their columns are not contiguous, in matrices of their own that are written out in the end.
// Layer: backward.
#pragma once

#include <algorithm>
#include <vector>

#include "gradient_request.hpp"

namespace tartan::detail::inline TARTAN_ISA {

template <class T, class S>
class Target {
 public:
  explicit Target(const View<S>& matrix) : matrix_(matrix), sums_{nullptr, 0, 0, 0, 1} {
    if constexpr (std::is_same_v<T, S>) {
      if (matrix.col_stride == 1) {
        sums_ = matrix;
        return;
      }
    }
    own_.resize(static_cast<std::size_t>(matrix.rows * matrix.cols));
    sums_ = {own_.data(), matrix.rows, matrix.cols, matrix.cols, 1};
  }
  Target(const Target&) = delete;

  const View<T>& sums() const { return sums_; }

  /// Writes the sums to the caller's matrix, where they are not there, or adds them.
  template <Executor E>
  void write(bool add, const E& executor) {
    if (own_.empty()) return;
    constexpr Index piece = 256;
    run_tasks(executor, ceil_div(sums_.rows, piece), [&](Index x) {
      const Index row = x * piece, rows = min(piece, sums_.rows - row);
      const Strided2D<T> sums{sums_.at(row, 0), sums_.row_stride, 1};
      const Strided2D<S> to{matrix_.at(row, 0), matrix_.row_stride, matrix_.col_stride};
      if (add) {
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < sums_.cols; ++c) {
            sums.data[r * sums.row_stride + c] +=
                static_cast<T>(to.data[r * to.row_stride + c * to.col_stride]);
          }
        }
      }
      rearrange(Strided2D<const T>{sums.data, sums.row_stride, 1}, rows, sums_.cols, to, T(1));
    });
  }

 private:
  View<S> matrix_;
  View<T> sums_;
  std::vector<T> own_;
};

}  // namespace tartan::detail::inline TARTAN_ISA
