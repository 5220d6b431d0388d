// The last columns of a row where they do not fill a vector: nothing beyond the row is read or
// written. Layer: kernel.
#pragma once

#include "../simd/convert.hpp"
#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// A row of `cols` numbers is `whole` columns in whole vectors, and `rest` more. These are read as
/// the row's last vector, with 0 in the lanes of columns that belong to the whole ones; of a row
/// shorter than a vector one by one, from lane 0 on.
template <class T>
class RowEnd {
  using P = simd::Packet<T>;
  static constexpr Index W = Shape<T>::width;

 public:
  explicit RowEnd(Index cols)
      : rest_(cols % W),
        cols_(cols),
        lane_(cols >= W ? W - rest_ : 0),
        before_(simd::lanes_up_to<T>(static_cast<T>(lane_ - 1))) {}

  Index whole() const { return cols_ - rest_; }
  Index rest() const { return rest_; }
  /// Numbers that a packed row takes: whole vectors.
  Index padded() const { return rest_ > 0 ? whole() + W : cols_; }
  /// The lane of the first column beyond the whole ones.
  Index lane() const { return lane_; }

  template <class S>
  EIGEN_STRONG_INLINE P load(const S* row) const {
    if (cols_ >= W) {
      return simd::select(before_, simd::broadcast(T(0)), simd::load_as<T>(row + cols_ - W));
    }
    T few[std::size_t(W)] = {};
    for (Index c = 0; c < cols_; ++c) few[c] = static_cast<T>(row[c]);
    return simd::load(few);
  }

  void store(T* row, const P& last) const {
    T lanes[std::size_t(W)];
    simd::store(lanes, last);
    for (Index c = 0; c < rest_; ++c) row[whole() + c] = lanes[lane_ + c];
  }

 private:
  Index rest_;
  Index cols_;
  Index lane_;
  P before_;  ///< a mask of the lanes before lane_
};

}  // namespace tartan::detail::inline TARTAN_ISA
