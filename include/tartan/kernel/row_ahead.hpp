// Rows that the kernel of few queries will read soon, brought nearer while it reads others: a
// processor foresees rows that follow each other, but not across pages, nor rows that lie far
// apart. Layer: kernel.
#pragma once

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// How far ahead of the row in hand: 8 KiB, which rows beside each other take about 200 ns to get
/// to; and at least 8 rows. (Keys in main memory: 12 KiB lose 4 %, 4 KiB gain 1 %, but lose 10 %
/// where keys are in the last cache; of rows 64 KiB apart, which all fall on the same sets of a
/// cache, 16 lose 15 %.)
struct RowAhead {
  Index rows;  ///< so many rows
  Index left;  ///< of the block's first row and those that follow it, also beyond the block

  /// The same, in numbers, where the next row in hand is row `e` of the block; 0 near the end.
  Index after(Index e, Index stride) const { return e + rows <= left ? rows * stride : 0; }

  /// For rows of S that lie `stride` numbers apart.
  template <class S>
  static RowAhead of(Index stride, Index left) {
    constexpr Index distance = (8 << 10) / static_cast<Index>(sizeof(S));
    return {max(8, distance / max(1, stride)), left};
  }
};

/// Brings nearer what is `ahead` numbers beyond column t of a row, once for each cache line.
template <class T, class S>
EIGEN_STRONG_INLINE void fetch_ahead(const S* row, Index t, Index ahead) {
  constexpr Index line = 64 / static_cast<Index>(sizeof(S));
  if (Shape<T>::width >= line || t % line == 0) simd::prefetch(row + t + ahead);
}

}  // namespace tartan::detail::inline TARTAN_ISA
