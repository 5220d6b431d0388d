// One key/value head's gradients to be computed, as data. Layer: backward.
#pragma once

#include "../attention/key_source.hpp"
#include "../scores/dropout.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The gradients of the query heads of a sequence that share keys and values, computed in T over
/// matrices of S. Shapes: q n×d, k m×d, v m×dv, out and dout n×dv, lse n; dq, dk and dv as q, k and
/// v, with contiguous columns: gradients are added to what they hold. q, out, dout and dq are the
/// first head's, the others' stand in the next columns.
template <class T, class S = T>
struct GradientCall {
  View<const S> q, k, v, out, dout;
  View<T> dq, dk, dv;
  View<const T> lse;      ///< of the first head; the others' are in the next columns
  View<const T> row_sum;  ///< the same, and lse is then each row's maximum in base 2; or of no data
  T scale;
  Index first_head = 0;
  const Score* score = nullptr;      ///< what changes the scaled scores; null: nothing
  const Dropout* dropout = nullptr;  ///< null: none
  Index sequence = 0;                ///< what dropout is told of it
  ScoreGradients* dscore = nullptr;  ///< where the gradients of the score's numbers are added

  /// The view of a head, of the first's.
  template <class X>
  static View<X> beside(View<X> x, Index head) {
    return Call<T, S>::beside(x, head);
  }

  /// What queries are multiplied by, so that scores are in base 2, or to be modified.
  T score_unit() const { return score ? scale : scale * std::numbers::log2e_v<T>; }
  /// What dout is multiplied by for dout · v, so that the gradients of scores come out times scale;
  /// where there is a score, its slopes are.
  T dout_unit() const { return score ? T(1) : scale; }
};

/// True where the kernel can read or write rows of x as they lie.
template <class T, class S>
bool rows_in_place(const View<S>& x) {
  return std::is_same_v<T, std::remove_const_t<S>> && x.col_stride == 1 &&
         x.cols % Shape<T>::width == 0;
}

}  // namespace tartan::detail::inline TARTAN_ISA
