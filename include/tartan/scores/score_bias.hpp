// ScoreBias: a matrix of numbers that are added to the scores. Layer: scores.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

#include "../kernel/pack.hpp"
#include "score.hpp"

namespace tartan::inline TARTAN_ISA {}  // namespace tartan::inline TARTAN_ISA

namespace tartan::detail {

template <class M>
inline constexpr bool is_matrix_in_memory = requires(const M& m) {
  m.data();
  m.rowStride();
  m.coeff(Index{}, Index{});
};

}  // namespace tartan::detail

namespace tartan::inline TARTAN_ISA {

/// s + bias(i, j), for positions i and j; the same for all heads. Where -infinity is added, the
/// pair has no weight. Keeps a reference: the matrix must outlive the call. Column-major ones of
/// the call's scalar type are read where they are, others through a small copy.
template <class M>
class ScoreBias {
 public:
  static_assert(
      detail::is_matrix_in_memory<M>,
      "tartan: ScoreBias: the bias must be a matrix in memory (a Matrix, Map, Block, ...): "
      "keep the .eval() of an expression");

  explicit ScoreBias(const M& bias) : bias_(&bias) {}
  explicit ScoreBias(const M&&) = delete;  // it would not outlive the call

  template <class T>
  detail::AddNumbers<T, true> on(const detail::ScoreRun<T>& run) const {
    constexpr Index W = detail::simd::width<T>;
    const Index rows = bias_->rows(), keys = bias_->cols();
    const Index row_stride = bias_->rowStride(), col_stride = bias_->colStride();
    const Index last = run.j + (W - 1) * run.j_lane + (run.count - 1) * run.j_step;
    detail::AddNumbers<T, true> on;
    on.move = W;
    // Lanes beyond a tile's rows, and keys beside those that are attended, may lie outside.
    if (run.i < 0 || run.i >= rows || run.j < 0 || last >= keys) {
      for (Index x = 0; x < run.count * W; ++x) {
        const Index i = run.i + x % W * run.i_step;
        const Index j = run.j + x % W * run.j_lane + x / W * run.j_step;
        const bool there = i >= 0 && i < rows && j >= 0 && j < keys;
        on.copied[x] = there ? static_cast<T>(bias_->coeff(i, j)) : T(0);
      }
      return on;
    }
    const Index lanes = run.i_step == 0 ? W : std::min(W, (rows - 1 - run.i) / run.i_step + 1);
    const detail::Strided2D<const typename M::Scalar> from{
        bias_->data() + run.i * row_stride + run.j * col_stride,
        run.i_step * row_stride + run.j_lane * col_stride, run.j_step * col_stride};
    if constexpr (std::is_same_v<T, typename M::Scalar>) {
      if (from.row_stride == 1 && lanes == W) {
        on.there = from.data;
        on.move = from.col_stride;
        return on;
      }
    }
    if (lanes < W) std::fill_n(on.copied, run.count * W, T(0));
    detail::rearrange(from, lanes, run.count, detail::Strided2D<T>{on.copied, 1, W}, T(1));
    return on;
  }

  /// Row after row, or column after column, where those of the pairs are beside each other.
  template <class T>
  void look_ahead(const Lattice& rows, const Lattice& keys, detail::Ahead<T>& ahead) const {
    const Lattice r = rows.within(0, bias_->rows()), k = keys.within(0, bias_->cols());
    if (r.empty() || k.empty()) return;
    const Index row_stride = bias_->rowStride(), col_stride = bias_->colStride();
    const auto* first = bias_->data() + r.start * row_stride + k.start * col_stride;
    if (row_stride == 1 && r.step == 1) {
      ahead.add(first, k.step * col_stride, k.count, r.count);
    } else if (col_stride == 1 && k.step == 1) {
      ahead.add(first, r.step * row_stride, r.count, k.count);
    }
  }

  static constexpr bool adds_to_scores = true;
  /// Rows and columns of the gradient of what it holds.
  std::pair<Index, Index> number_shape() const { return {bias_->rows(), bias_->cols()}; }
  template <class G>
  void add_gradient(G& into, Index i, Index j, Index, double gradient) const {
    into(i, j) += gradient;
  }

  void check(const Extent& extent, Index) const {
    if (extent.row_begin >= extent.row_end) return;
    if (extent.row_begin < 0 || extent.row_end > bias_->rows() || extent.key_end > bias_->cols()) {
      throw std::invalid_argument(
          "tartan: ScoreBias: the matrix is " + std::to_string(bias_->rows()) + "x" +
          std::to_string(bias_->cols()) + " but positions are queries " +
          std::to_string(extent.row_begin) + " to " + std::to_string(extent.row_end - 1) +
          " and keys 0 to " + std::to_string(extent.key_end - 1));
    }
  }

 private:
  const M* bias_;
};

}  // namespace tartan::inline TARTAN_ISA
