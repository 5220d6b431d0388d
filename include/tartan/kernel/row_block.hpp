// Few queries against many keys, as decoding has them: a token's query, or those of the heads that
// share its keys. Keys are read once, in order, at the speed of memory; tile.hpp is for many
// queries. Knows pointers and strides; no pattern. Layer: kernel.
#pragma once

#include "row_scores.hpp"
#include "row_softmax.hpp"
#include "row_values.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Queries taken at once, at most: they fit the registers, and more gain nothing, since keys come
/// from the cache for those beyond.
inline constexpr int most_query_rows = 4;

/// Keys in a block, for which scores are kept. Streams of keys and of values take turns; with
/// fewer, each starts anew too often (64 keys of 64 floats: 10 % slower than 256; 512: 2 % faster).
inline constexpr Index row_block_keys = 512;

/// R rows and their running softmax, in memory that the caller lays out; see start_row.
template <class T>
struct QueryRows {
  const T* q;  ///< rows as pack_query writes them, q_stride apart, times scale * log2(e)
  Index q_stride;
  Index d;
  T* out;  ///< rows of dv outputs, out_stride apart, not yet divided by row_sum
  Index out_stride;
  Index dv;
  T* row_max;  ///< one a row, in base 2
  T* row_sum;
};

/// `count` keys and values; the distances between their rows are in numbers.
template <class S>
struct RowKeys {
  const S* k;
  Index k_stride;
  const S* v;
  Index v_stride;
  Index count;

  RowKeys part(Index first, Index some) const {
    return {k + first * k_stride, k_stride, v + first * v_stride, v_stride, some};
  }
};

/// Scores as they are.
struct LeaveScores {
  template <class T>
  constexpr bool operator()(Index, Index, T*, Index) const {
    return false;
  }
};

/// Takes keys into R rows, block by block: scores, softmax, values. Between scores and softmax,
/// edit(first, count, s, s_stride) may change the scores of keys [first, first + count), those of
/// row r from s + r * s_stride on; they are in base 2. It returns true where it set some to
/// masked_score: the values of these are then kept from the rows, whatever they hold.
template <class T, int R, class S, class Edit = LeaveScores>
void take_rows(const QueryRows<T>& rows, const RowKeys<S>& keys, const Edit& edit = {}) {
  static_assert(R >= 1 && R <= most_query_rows);
  constexpr Index stride = row_block_keys;
  alignas(64) T s[std::size_t(R * stride)];
  T correction[std::size_t(R)];
  const RowEnd<T> key_end(rows.d), value_end(rows.dv);
  for (Index first = 0; first < keys.count; first += stride) {
    const RowKeys<S> block = keys.part(first, min(stride, keys.count - first));
    const Index left = keys.count - first;
    row_scores<T, R>(rows.q, rows.q_stride, key_end, block.k, block.k_stride, block.count, s,
                     stride, RowAhead::of<S>(block.k_stride, left));
    const bool masked = edit(first, block.count, s, stride);
    row_softmax<T, R>(s, stride, block.count, rows.row_max, rows.row_sum, correction);
    const RowAhead ahead = RowAhead::of<S>(block.v_stride, left);
    const RowValues<T, S> values{s,           stride,     block.v,  block.v_stride,
                                 block.count, correction, rows.out, rows.out_stride};
    if (masked) {
      row_values<T, R, true>(values, value_end, ahead);
    } else {
      row_values<T, R, false>(values, value_end, ahead);
    }
  }
}

/// The same for a number of rows known at run time, 1 to most_query_rows.
template <class T, class S, class Edit = LeaveScores>
void take_rows(int count, const QueryRows<T>& rows, const RowKeys<S>& keys, const Edit& edit = {}) {
  switch (count) {
    case 1:
      return take_rows<T, 1>(rows, keys, edit);
    case 2:
      return take_rows<T, 2>(rows, keys, edit);
    case 3:
      return take_rows<T, 3>(rows, keys, edit);
    default:
      return take_rows<T, 4>(rows, keys, edit);
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
