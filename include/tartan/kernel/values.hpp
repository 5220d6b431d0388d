// The value step: O[row][c] = O[row][c] * correction[row] + sum over keys of P[key][row] *
// V[key][c]. Columns are in the lanes, so V is read and O is written as they lie: no transposing.
// Layer: kernel.
#pragma once

#include <span>

#include "key_block.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Where the outputs of some rows come from and go to.
template <class T>
struct ValueRows {
  const T* from;  ///< earlier outputs, each row to be multiplied by its correction; null: zeros
  Index from_stride;
  const T* correction;  ///< one number a row; null: 1
  T* to;
  Index to_stride;
  const T* finish;        ///< what the new outputs are multiplied by, one number a row; null: by 1
  T* exponent = nullptr;  ///< one vector, to note the largest exponents of the new outputs in
};

/// sum += P * V over `count` slots, or pairs of them; p: slot e's weight of row r is at e * Slot +
/// r * Row.
template <class T, int R, int C, class E, int Slot = Shape<T>::lanes, int Row = 1>
EIGEN_STRONG_INLINE void add_values(const T* EIGEN_RESTRICT p, Index count,
                                    const T* EIGEN_RESTRICT v, Index v_stride,
                                    simd::Packet<T> (&sum)[std::size_t(R)][std::size_t(C)]) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width;
#pragma GCC unroll 1
  for (Index e = 0; e < count; ++e) {
    P value[std::size_t(C)];
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      value[c] = simd::load(v + e * v_stride + c * W);
      simd::opaque(value[c]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const P weight = simd::broadcast(p[e * Slot + r * Row]);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = E::madd(weight, value[c], sum[r][c]);
    }
  }
}

/// sum += P * V over the R - 1 slots of a wrapped part in which the rows divide: in slot x of
/// them, rows 0 to x take V[x], the others V[x + wrap].
template <class T, int R, int C>
EIGEN_STRONG_INLINE void add_divided_values(
    const T* EIGEN_RESTRICT p, const T* EIGEN_RESTRICT v, Index v_stride, Index wrap,
    simd::Packet<T> (&sum)[std::size_t(R)][std::size_t(C)]) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
#pragma GCC unroll 16
  for (int x = 0; x < R - 1; ++x) {
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      const P near = simd::load(v + x * v_stride + c * W);
      const P far = simd::load(v + (x + wrap) * v_stride + c * W);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        sum[r][c] = simd::pmadd(simd::broadcast(p[x * L + r]), r <= x ? near : far, sum[r][c]);
      }
    }
  }
}

/// sum += P * V over `count` >= R - 1 slots of a sheared part: row r takes V[e + r] in slot e.
template <class T, int R, int C>
EIGEN_STRONG_INLINE void add_sheared_values(
    const T* EIGEN_RESTRICT p, Index count, const T* EIGEN_RESTRICT v, Index v_stride,
    simd::Packet<T> (&sum)[std::size_t(R)][std::size_t(C)]) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes;
  // Adds V[x] to the rows [first, end), each of which takes it in slot x - row.
  const auto add = [&](Index x, int first, int end) {
    P value[std::size_t(C)];
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      value[c] = simd::load(v + x * v_stride + c * W);
      simd::opaque(value[c]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      if (r < first || r >= end) continue;
      const P weight = simd::broadcast(p[(x - r) * L + r]);
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = simd::pmadd(weight, value[c], sum[r][c]);
    }
  };
#pragma GCC unroll 16
  for (int x = 0; x < R - 1; ++x) add(x, 0, x + 1);
#pragma GCC unroll 1
  for (Index x = R - 1; x < count; ++x) add(x, 0, R);
#pragma GCC unroll 16
  for (int x = 0; x < R - 1; ++x) add(count + x, x + 1, R);
}

/// Slots [begin, end) of a block, and their values. Of pairs, these are counted: 0 is that of slots
/// 0 and 1.
template <class T>
struct ValuePart {
  Index begin, end;
  const T* v;  ///< of slot `begin`; of a sheared part, for the vector's first lane
  Index v_stride;
  Index wrap;
};

/// Which value a row takes in a slot.
enum class Slots {
  plain,   ///< all rows the same; where the part is wrapped, row r V[e] from slot e = r on, and
           ///< V[e + wrap] before
  sheared  ///< the vector's lane l V[e + l]; parts of at least R - 1 slots
};

/// sum += P * V over a part's slots, of which the rows from `row` on attend all.
template <class T, int R, int C, Slots S, class E>
EIGEN_STRONG_INLINE void add_part(const T* EIGEN_RESTRICT p, const ValuePart<T>& part, Index row,
                                  Index col,
                                  simd::Packet<T> (&sum)[std::size_t(R)][std::size_t(C)]) {
  constexpr int L = Shape<T>::lanes;
  const Index stride = part.v_stride, count = part.end - part.begin;
  p += part.begin * L + row;
  const T* v = part.v + col;
  if constexpr (E::size > 1) {
    add_values<T, R, C, E>(p, count, v, stride, sum);
  } else if constexpr (S == Slots::sheared) {
    add_sheared_values<T, R, C>(p, count, v + row % Shape<T>::width * stride, stride, sum);
  } else if (part.wrap == 0) {
    add_values<T, R, C, E>(p, count, v, stride, sum);
  } else {
    add_values<T, R, C, E>(p, row, v + part.wrap * stride, stride, sum);
    add_divided_values<T, R, C>(p + row * L, v + row * stride, stride, part.wrap, sum);
    const Index rest = row + R - 1;
    add_values<T, R, C, E>(p + rest * L, count - rest, v + rest * stride, stride, sum);
  }
}

/// R rows from `row` on by C vectors of columns from `col` on, over the parts' slots. p: slots ×
/// lanes.
template <class T, int R, int C, Slots S, class E>
void value_tile(const T* p, std::span<const ValuePart<T>> parts, Index row, Index col,
                const ValueRows<T>& rows) {
  using P = simd::Packet<T>;
  constexpr int W = Shape<T>::width;
  P sum[std::size_t(R)][std::size_t(C)];
  if (rows.from) {
    const T* from = rows.from + row * rows.from_stride + col;
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const P correction = simd::broadcast(rows.correction ? rows.correction[row + r] : T(1));
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) {
        sum[r][c] = simd::pmul(simd::load(from + r * rows.from_stride + c * W), correction);
      }
    }
  } else {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
      for (int c = 0; c < C; ++c) sum[r][c] = simd::broadcast(T(0));
    }
  }
  for (const ValuePart<T>& part : parts) add_part<T, R, C, S, E>(p, part, row, col, sum);
  if (rows.exponent) {
    P largest[std::size_t(R)];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      largest[r] = simd::exponent<T>(sum[r][0]);
#pragma GCC unroll 8
      for (int c = 1; c < C; ++c) largest[r] = simd::pmax(simd::exponent<T>(sum[r][c]), largest[r]);
    }
#pragma GCC unroll 16
    for (int r = 1; r < R; ++r) largest[0] = simd::pmax(largest[r], largest[0]);
    simd::store(rows.exponent, simd::pmax(simd::load(rows.exponent), largest[0]));
  }
  T* to = rows.to + row * rows.to_stride + col;
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const P finish = simd::broadcast(rows.finish ? rows.finish[row + r] : T(1));
#pragma GCC unroll 8
    for (int c = 0; c < C; ++c) {
      simd::store(to + r * rows.to_stride + c * W, simd::pmul(sum[r][c], finish));
    }
  }
}

/// R rows from `row` on, and all their columns from `col` to `cols`, a multiple of Shape::width,
/// over the parts' slots.
template <class T, int R, Slots S, class E = simd::Singles<T>, int C = Shape<T>::cols>
void value_rows(const T* p, std::span<const ValuePart<T>> parts, Index row, Index col, Index cols,
                const ValueRows<T>& rows) {
  constexpr int step = C * Shape<T>::width;
  for (; col + step <= cols; col += step) value_tile<T, R, C, S, E>(p, parts, row, col, rows);
  if constexpr (C > 1) {
    if (col < cols) value_rows<T, R, S, E, C / 2>(p, parts, row, col, cols, rows);
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
