// A tile: up to Shape::lanes queries, transposed, with their running softmax and output; and what
// is done with it: take in a block of keys. Knows pointers, strides, lanes and lane bounds; no
// pattern. Layer: kernel.
#pragma once

#include <algorithm>

#include "scores.hpp"
#include "softmax.hpp"
#include "values.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Which keys each lane attends: lane l those with first[l] <= key <= last[l]. Neither decreases
/// from lane to lane; a lane with first > last attends none.
template <class T>
struct LaneBounds {
  Index first[Shape<T>::lanes];
  Index last[Shape<T>::lanes];
};

/// Pairs that a band's bounds admit and its filter may not.
class PairFilter {
 public:
  virtual bool keep(Index lane, Index key) const = 0;

 protected:
  ~PairFilter() = default;
};

/// A run of keys and values in memory, the columns of each row contiguous.
template <class T>
struct KeyBlock {
  const T* k;
  Index k_stride;
  const T* v;  ///< a multiple of Shape::width columns
  Index v_stride;
  Index begin;  ///< the number of the first key, as LaneBounds count
  Index count;  ///< at most block_keys
};

/// The state of one tile, in memory that its owner lays out. lanes is Shape::lanes.
template <class T>
struct Tile {
  T* qt;        ///< d × lanes: the queries, scaled by scale * log2(e)
  T* out;       ///< lanes × out_stride: the outputs, not yet divided by row_sum
  T* row_max;   ///< lanes: the largest score so far, in base 2
  T* row_sum;   ///< lanes: the sum of 2^(score - row_max)
  Index rows;   ///< queries in the tile; lanes beyond them hold zeros
  bool fresh;   ///< no key has been taken in: out is not initialised
  bool ragged;  ///< values of keys that a row does not attend were multiplied by 0 for it
};

/// What a thread needs to take in keys, beside the tile.
template <class T>
struct Workspace {
  T* s;              ///< block_keys × lanes: scores, then weights
  T* lane;           ///< 4 × lanes: lower and upper bounds, corrections, finishing factors
  Index d;           ///< columns of q and k
  Index out_stride;  ///< columns of v, rounded up to a multiple of Shape::width
};

/// How a block is taken in.
template <class T>
struct TakeMode {
  const PairFilter* filter = nullptr;  ///< null: the bounds are exact
  bool isolate = false;  ///< never read a value for a row that does not attend it: slow
  T* finish_into =
      nullptr;  ///< the tile's last block: where its finished rows go; null: to tile.out
  Index finish_stride = 0;
};

/// The slots of a block that the lanes [lane, lane + count) attend: at least one of them, and all.
template <class T>
SlotRange slots_of(const LaneBounds<T>& bounds, Index lane, Index count, const KeyBlock<T>& keys) {
  const auto clip = [&](Index key) { return std::clamp<Index>(key - keys.begin, 0, keys.count); };
  const Index last_lane = lane + count - 1;
  SlotRange range{clip(bounds.first[lane]), clip(bounds.last[last_lane] + 1),
                  clip(bounds.first[last_lane]), clip(bounds.last[lane] + 1)};
  range.end = std::max(range.begin, range.end);
  range.full_begin = std::min(range.full_begin, range.end);
  range.full_end = std::clamp(range.full_end, range.full_begin, range.end);
  return range;
}

/// Scores of all slots that a lane of the low or of the high vector attends. Slots that only one of
/// the vectors attends take one vector's work.
template <class T>
void score_step(const Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
                const SlotRange& low, const SlotRange& high) {
  using S = Shape<T>;
  const auto score = [&]<int N, int M>(Index from, Index to, int m) {
    if (from >= to) return;
    score_keys<T, N, M>(tile.qt + m * S::width, work.d, keys.k + from * keys.k_stride,
                        keys.k_stride, to - from, work.s + from * S::lanes + m * S::width);
  };
  const Index both_begin = std::max(low.begin, high.begin);
  const Index both_end = std::min(low.end, high.end);
  if (both_begin < both_end) {
    score.template operator()<S::keys1, 1>(low.begin, both_begin, 0);
    score.template operator()<S::keys2, 2>(both_begin, both_end, 0);
    score.template operator()<S::keys1, 1>(both_end, high.end, 1);
  } else {
    score.template operator()<S::keys1, 1>(low.begin, low.end, 0);
    score.template operator()<S::keys1, 1>(high.begin, high.end, 1);
  }
}

template <class T>
void filter_step(const Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
                 const LaneBounds<T>& bounds, const PairFilter& filter) {
  for (Index lane = 0; lane < tile.rows; ++lane) {
    const SlotRange range = slots_of(bounds, lane, 1, keys);
    for (Index e = range.begin; e < range.end; ++e) {
      if (!filter.keep(lane, keys.begin + e)) work.s[e * Shape<T>::lanes + lane] = masked_score<T>;
    }
  }
}

/// The value step of one row at a time, over the pairs that are attended and no others.
template <class T>
void isolated_value_step(Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
                         const LaneBounds<T>& bounds, const PairFilter* filter,
                         const T* correction) {
  for (Index lane = 0; lane < tile.rows; ++lane) {
    T* out = tile.out + lane * work.out_stride;
    for (Index c = 0; c < work.out_stride; ++c) {
      out[c] = tile.fresh ? T(0) : out[c] * correction[lane];
    }
    const SlotRange range = slots_of(bounds, lane, 1, keys);
    for (Index e = range.begin; e < range.end; ++e) {
      if (filter && !filter->keep(lane, keys.begin + e)) continue;
      const T weight = work.s[e * Shape<T>::lanes + lane];
      const T* value = keys.v + e * keys.v_stride;
      for (Index c = 0; c < work.out_stride; ++c) out[c] += weight * value[c];
    }
  }
}

/// Takes a block of keys into the tile: scores, softmax, values.
template <class T>
void take_keys(Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
               const LaneBounds<T>& bounds, const TakeMode<T>& mode) {
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes, R = Shape<T>::rows;
  T *lower = work.lane, *upper = lower + L, *correction = upper + L, *finish = correction + L;
  const SlotRange low = slots_of(bounds, 0, W, keys);
  const SlotRange high = slots_of(bounds, W, W, keys);
  score_step(tile, work, keys, low, high);
  if (mode.filter) filter_step(tile, work, keys, bounds, *mode.filter);

  for (int l = 0; l < L; ++l) {
    lower[l] = static_cast<T>(std::clamp<Index>(bounds.first[l] - keys.begin, -1, keys.count));
    upper[l] = static_cast<T>(std::clamp<Index>(bounds.last[l] - keys.begin, -1, keys.count));
  }
  for (int m = 0; m < 2; ++m) {
    softmax_block<T>(work.s + m * W, m == 0 ? low : high, lower + m * W, upper + m * W,
                     tile.row_max + m * W, tile.row_sum + m * W, correction + m * W);
  }

  if (mode.isolate) {
    isolated_value_step(tile, work, keys, bounds, mode.filter, correction);
    tile.fresh = false;
    return;
  }
  ValueRows<T> rows{nullptr, work.out_stride, correction, tile.out, work.out_stride, nullptr};
  if (!tile.fresh) rows.from = tile.out;
  if (mode.finish_into) {
    for (int l = 0; l < L; ++l) finish[l] = tile.row_sum[l] == T(0) ? T(0) : T(1) / tile.row_sum[l];
    rows.to = mode.finish_into;
    rows.to_stride = mode.finish_stride;
    rows.finish = finish;
  }
  bool ragged = tile.ragged || mode.filter;
  for (Index r = 0; r < tile.rows; r += R) {
    const SlotRange range = slots_of(bounds, r, R, keys);
    ragged |= range.begin < range.full_begin || range.full_end < range.end;
    value_rows<T>(work.s + range.begin * L + r, range.end - range.begin,
                  keys.v + range.begin * keys.v_stride, keys.v_stride, rows.from_row(r),
                  work.out_stride / W);
  }
  tile.ragged = ragged;
  tile.fresh = false;
}

}  // namespace tartan::detail::inline TARTAN_ISA
