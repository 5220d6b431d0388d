// A tile: up to Shape::lanes queries, transposed, with their running softmax and output; and what
// is done with it: take in a block of keys. Knows pointers, strides, lanes and lane bounds; no
// pattern. Layer: kernel.
#pragma once

#include <algorithm>

#include "ahead.hpp"
#include "scores.hpp"
#include "softmax.hpp"
#include "values.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Which keys each lane attends: lane l those with first[l] <= key <= last[l], but for those with
/// hole_first[l] <= key <= hole_last[l] where has_hole. None of the four decreases from lane to
/// lane; a lane with first > last attends none.
template <class T>
struct LaneBounds {
  Index first[Shape<T>::lanes];
  Index last[Shape<T>::lanes];
  Index hole_first[Shape<T>::lanes];
  Index hole_last[Shape<T>::lanes];
  bool has_hole;

  bool attends(Index lane, Index key) const {
    return first[lane] <= key && key <= last[lane] &&
           !(has_hole && hole_first[lane] <= key && key <= hole_last[lane]);
  }
};

/// Pairs that a band's bounds admit and its filter may not.
class PairFilter {
 public:
  virtual bool keep(Index lane, Index key) const = 0;

 protected:
  ~PairFilter() = default;
};

/// A run of keys and values in memory, the columns of each row contiguous.
///
/// A block may be *wrapped*: where every lane attends the same number w >= lanes of keys, each
/// lane's run one key further than the lane's before, the two ragged ends fit together. Slot e is
/// then key begin + e for the lanes l <= e and key begin + e + w for the others, and no lane
/// computes a pair that it does not attend.
template <class T>
struct KeyBlock {
  const T* k;
  Index k_stride;
  const T* v;  ///< a multiple of Shape::width columns
  Index v_stride;
  Index begin;  ///< the number of the first key, as LaneBounds count
  Index count;  ///< slots, at most block_keys
  Index wrap;   ///< w where the block is wrapped, else 0; then count >= lanes, and neither filter
                ///< nor isolate of TakeMode is set
};

/// The state of one tile, in memory that its owner lays out. lanes is Shape::lanes.
template <class T>
struct Tile {
  T* qt;           ///< d × lanes: the queries, scaled by scale * log2(e)
  T* out;          ///< lanes × out_stride: room for the outputs, not yet divided by row_sum
  T* row_max;      ///< lanes: the largest score so far, in base 2
  T* row_sum;      ///< lanes: the sum of 2^(score - row_max)
  Index rows;      ///< queries in the tile; lanes beyond them hold zeros
  const T* state;  ///< where the outputs so far are; null: no key has been taken in
  Index state_stride;
  bool ragged;  ///< values of keys that a row does not attend were multiplied by 0 for it
};

/// Numbers that the kernel keeps for each lane while it takes in a block.
inline constexpr Index lane_numbers = 6;

/// What a thread needs to take in keys, beside the tile.
template <class T>
struct Workspace {
  T* s;              ///< block_keys × lanes: scores, then weights
  T* lane;           ///< lane_numbers × lanes: bounds, corrections and factors, one a lane
  Index d;           ///< columns of q and k
  Index out_stride;  ///< columns of v, rounded up to a multiple of Shape::width
  Ahead<T>* ahead;   ///< what to bring into the cache meanwhile
};

/// How a block is taken in.
template <class T>
struct TakeMode {
  const PairFilter* filter = nullptr;  ///< null: the bounds are exact
  bool isolate = false;  ///< never read a value for a row that does not attend it: slow
  T* into = nullptr;     ///< where the tile's rows go, a multiple of Shape::rows of them; null: to
                         ///< tile.out
  Index into_stride = 0;
  bool finish = false;  ///< divide them by row_sum: this is the tile's last block
};

/// The slots of a block that the lanes [lane, lane + count) attend.
template <class T>
SlotRange slots_of(const LaneBounds<T>& bounds, Index lane, Index count, const KeyBlock<T>& keys) {
  if (keys.wrap) return {0, keys.count, 0, keys.count, 0, 0};
  const auto clip = [&](Index key) { return std::clamp<Index>(key - keys.begin, 0, keys.count); };
  const Index last_lane = lane + count - 1;
  SlotRange range{clip(bounds.first[lane]),
                  clip(bounds.last[last_lane] + 1),
                  clip(bounds.first[last_lane]),
                  clip(bounds.last[lane] + 1),
                  0,
                  0};
  range.end = std::max(range.begin, range.end);
  range.full_begin = std::min(range.full_begin, range.end);
  range.full_end = std::clamp(range.full_end, range.full_begin, range.end);
  if (bounds.has_hole) {
    range.hole_begin = std::max(range.begin, clip(bounds.hole_first[lane]));
    range.hole_end = std::min(range.end, clip(bounds.hole_last[last_lane] + 1));
  }
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
  if (keys.wrap) {
    score_wrapped<T>(tile.qt, work.d, keys.k, keys.k_stride, keys.wrap, work.s);
    score.template operator()<S::keys2, 2>(S::lanes - 1, keys.count, 0);
    return;
  }
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
    const T* state = tile.state ? tile.state + lane * tile.state_stride : nullptr;
    for (Index c = 0; c < work.out_stride; ++c) out[c] = state ? state[c] * correction[lane] : T(0);
    const SlotRange range = slots_of(bounds, lane, 1, keys);
    for (Index e = range.begin; e < range.end; ++e) {
      if (!bounds.attends(lane, keys.begin + e)) continue;
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
  T* correction = work.lane;
  T* finish = correction + L;
  T* bound = finish + L;
  const SlotRange low = slots_of(bounds, 0, W, keys);
  const SlotRange high = slots_of(bounds, W, W, keys);
  score_step(tile, work, keys, low, high);
  if (mode.filter) filter_step(tile, work, keys, bounds, *mode.filter);

  if (!low.full() || !high.full()) {
    const auto slot = [&](Index key) {
      return static_cast<T>(std::clamp<Index>(key - keys.begin, -1, keys.count));
    };
    for (int l = 0; l < L; ++l) {
      bound[l] = slot(bounds.first[l]);
      bound[L + l] = slot(bounds.last[l]);
    }
    for (int l = 0; l < L && bounds.has_hole; ++l) {
      bound[2 * L + l] = slot(bounds.hole_first[l]);
      bound[3 * L + l] = slot(bounds.hole_last[l]);
    }
  }
  for (int m = 0; m < 2; ++m) {
    const T* b = bound + m * W;
    softmax_block<T>(work.s + m * W, m == 0 ? low : high, {b, b + L, b + 2 * L, b + 3 * L},
                     tile.row_max + m * W, tile.row_sum + m * W, correction + m * W);
  }

  if (mode.isolate) {
    isolated_value_step(tile, work, keys, bounds, mode.filter, correction);
    tile.state = tile.out;
    tile.state_stride = work.out_stride;
    return;
  }
  ValueRows<T> rows{tile.state, tile.state_stride, correction, tile.out, work.out_stride, nullptr};
  if (mode.into) {
    rows.to = mode.into;
    rows.to_stride = mode.into_stride;
  }
  tile.state = rows.to;
  tile.state_stride = rows.to_stride;
  if (mode.finish) {
    for (int l = 0; l < L; l += W) {
      simd::store(finish + l, simd::inverse_or_zero<T>(simd::load(tile.row_sum + l)));
    }
    rows.finish = finish;
  }
  const bool full = low.full() && high.full() && low.begin == high.begin && low.end == high.end;
  bool ragged = tile.ragged || mode.filter;
  for (Index r = 0; r < tile.rows; r += R) {
    const SlotRange range = full ? low : slots_of(bounds, r, R, keys);
    ragged |= !range.full();
    work.ahead->step();
    value_rows<T>(work.s, {range.begin, range.end - range.begin, keys.wrap}, keys.v, keys.v_stride,
                  r, 0, work.out_stride, rows);
  }
  tile.ragged = ragged;
}

}  // namespace tartan::detail::inline TARTAN_ISA
