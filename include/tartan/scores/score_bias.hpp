// ScoreBias: a matrix of numbers that are added to the scores. Layer: scores.
#pragma once

#include <stdexcept>
#include <string>

#include "score.hpp"

namespace tartan::inline TARTAN_ISA {

/// s + bias(i, j), for positions i and j; the same for all heads. Where -infinity is added, the
/// pair has no weight. Keeps a reference: the matrix must outlive the call. Column-major ones are
/// read a vector at a time, others number by number.
template <class M>
class ScoreBias {
 public:
  explicit ScoreBias(const M& bias) : bias_(&bias) {}
  explicit ScoreBias(const M&&) = delete;

  template <class T>
  ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>& place) const {
    constexpr Index W = detail::simd::width<T>;
    // Lanes beyond a tile's rows, and keys beside those that are attended, may lie outside.
    const Index rows = bias_->rows(), keys = bias_->cols();
    const Index i = place.rows[0], j = place.key(0);
    const bool inside = i >= 0 && i + W <= rows && j >= 0 && j < keys;
    if (place.one_key && inside && bias_->rowStride() == 1) {
      using Column = Eigen::Array<typename M::Scalar, W, 1>;
      const auto* column = bias_->data() + j * bias_->colStride() + i;
      detail::simd::prefetch(column + ahead * bias_->colStride());
      return s + Eigen::Map<const Column>(column).template cast<T>();
    }
    ScoreArray<T> added;
    for (Index l = 0; l < W; ++l) {
      const Index row = place.rows[l], key = place.key(l);
      const bool there = row >= 0 && row < rows && key >= 0 && key < keys;
      added(l) = there ? static_cast<T>(bias_->coeff(row, key)) : T(0);
    }
    return s + added;
  }

  void check(const Extent& extent, Index) const {
    if (extent.row_begin < 0 || extent.row_end > bias_->rows() || extent.key_end > bias_->cols()) {
      throw std::invalid_argument(
          "tartan: ScoreBias: the matrix is " + std::to_string(bias_->rows()) + "x" +
          std::to_string(bias_->cols()) + " but positions are queries " +
          std::to_string(extent.row_begin) + " to " + std::to_string(extent.row_end - 1) +
          " and keys 0 to " + std::to_string(extent.key_end - 1));
    }
  }

 private:
  /// Columns that will be wanted when a tile takes in its next keys: no processor foresees them.
  static constexpr Index ahead = 8;

  const M* bias_;
};

}  // namespace tartan::inline TARTAN_ISA
