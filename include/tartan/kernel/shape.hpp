// Sizes of the register and cache tiles, from the hardware. Layer: kernel.
#pragma once

#include "../lattice/index.hpp"
#include "../simd/bfloat16.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Register tiles for scalar type T.
template <class T>
struct Shape {
  static constexpr int width = simd::width<T>;
  /// Two vectors of queries in a tile: each broadcast of a key's element feeds two multiply-adds.
  static constexpr int lanes = 2 * width;
  /// Keys in a score tile, with both vectors active or with one: accumulators for all of them, the
  /// queries and a broadcast must fit the registers, and 8 chains hide the multiply-add's latency.
  static constexpr int keys2 = simd::registers >= 32 ? 8 : 4;
  static constexpr int keys1 = 8;
  /// Slots in a wrapped score tile: each needs a mask beside its two accumulators.
  static constexpr int keys_wrapped = width >= 8 ? 4 : (width + 1) / 2;
  /// Slots of a sheared part, at most: wider ones waste little as they are, and read a key once for
  /// all lanes.
  static constexpr Index widest_shear = width > 1 ? 7 * width / 4 : 0;
  /// Slots in a sheared score tile, with both vectors active.
  static constexpr int keys_sheared = simd::registers >= 32 ? 12 : 5;
  /// Rows and vectors of columns in a value tile.
  static constexpr int rows = width < 4 ? width : 4;
  static constexpr int cols = simd::registers >= 32 ? 4 : 2;
};

/// A number of columns, rounded up to a multiple of Shape::width.
template <class T>
constexpr Index padded(Index columns) {
  return ceil_div(columns, Shape<T>::width) * Shape<T>::width;
}

/// Keys in a block: a block's scores and values stay in the L1 cache between the kernel's steps.
inline constexpr Index block_keys = 96;

}  // namespace tartan::detail::inline TARTAN_ISA
