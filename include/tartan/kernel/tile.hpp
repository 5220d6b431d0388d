// A tile: up to Shape::lanes queries, transposed, with their running softmax and output; and what
// is done with it: take in a block of keys. Knows pointers, strides, lanes and slots; no pattern.
// Layer: kernel.
#pragma once

#include <algorithm>

#include "ahead.hpp"
#include "scores.hpp"
#include "softmax.hpp"
#include "taken_parts.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Pairs of a block that its bounds admit and its band's filter may not.
class PairFilter {
 public:
  virtual bool keep(Index lane, Index slot) const = 0;

 protected:
  ~PairFilter() = default;
};

/// What changes a block's scores before the softmax: takes them from units of its own to base 2. Or
/// its weights, after the softmax has summed them.
template <class T>
class ScoreEdit {
 public:
  /// s: slots × lanes.
  virtual void edit(T* s, const KeyBlock<T>& keys) const = 0;

 protected:
  ~ScoreEdit() = default;
};

/// The state of one tile, in memory that its owner lays out. lanes is Shape::lanes.
template <class T>
struct Tile {
  T* qt;           ///< d × lanes: the queries, scaled: their scores are in base 2, or to be edited
  T* out;          ///< lanes × out_stride: room for the outputs, not yet divided by row_sum
  T* row_max;      ///< lanes: the largest score so far, in base 2
  T* row_sum;      ///< lanes: the sum of 2^(score - row_max)
  Index rows;      ///< queries in the tile; lanes beyond them hold zeros
  const T* state;  ///< where the outputs so far are; null: no key has been taken in
  Index state_stride;
  bool ragged;   ///< values of keys that a row does not attend were multiplied by 0 for it
  bool suspect;  ///< and that, or another value, made such a row NaN or infinite
};

/// Numbers that the kernel keeps for each lane while it takes in a block.
inline constexpr Index lane_numbers = 3;

/// What a thread needs to take in keys, beside the tile.
template <class T>
struct Workspace {
  T* s;              ///< block_keys × lanes: scores, then weights
  T* lane;           ///< lane_numbers × lanes: corrections, factors and exponents, one a lane
  Index d;           ///< columns of q and k, or pairs of them
  Index out_stride;  ///< columns of v, rounded up to a multiple of Shape::width
  Ahead<T>* ahead;   ///< what to bring into the cache meanwhile
  T unit = T(1);     ///< of pairs: what scores are multiplied by, as queries are not scaled
};

/// How a block is taken in.
template <class T>
struct TakeMode {
  const PairFilter* filter = nullptr;     ///< null: the bounds are exact
  const ScoreEdit<T>* edit = nullptr;     ///< null: scores are used as they are
  const ScoreEdit<T>* dropout = nullptr;  ///< of weights, not in pairs; null: none
  bool isolate = false;  ///< never read a value for a row that does not attend it: slow
  T* into = nullptr;     ///< where the tile's rows go, a multiple of Shape::rows of them; null: to
                         ///< tile.out
  Index into_stride = 0;
  bool finish = false;  ///< divide them by row_sum: this is the tile's last block
};

/// Scores of all slots that a lane of the low or of the high vector attends. Slots that only one of
/// the vectors attends take one vector's work.
template <class T, class E = simd::Singles<T>>
void score_step(const Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
                const KeyPart<T>& part, const SlotRange& low, const SlotRange& high) {
  using S = Shape<T>;
  T* s = work.s + part.slot * S::lanes;
  const auto score = [&]<int N, int M>(Index from, Index to, int m) {
    if (from >= to) return;
    score_keys<T, N, M, E>(tile.qt + m * S::width, work.d, part.k + from * part.k_stride,
                           part.k_stride, to - from, s + from * S::lanes + m * S::width, work.unit);
  };
  if (part.wrap) {
    score_wrapped<T>(tile.qt, work.d, part.k, part.k_stride, part.wrap, s);
    score.template operator()<S::keys2, 2>(S::lanes - 1, part.count, 0);
    return;
  }
  if (part.sheared) {
    const auto sheared = [&]<int M, bool Shared>(Index begin, Index end, int m) {
      const T *q = tile.qt + m * S::width, *k = part.k + (begin - part.slot) + m * part.high;
      T* to = work.s + begin * S::lanes + m * S::width;
      const ShearedLanes& lanes = keys.sheared(part, m);
      if constexpr (M == 1 || Shared) {
        if (lanes.stay(S::width)) {
          score_sheared<T, M, Shared, true>(q, work.d, k, part.k_stride, end - begin, to, lanes.low,
                                            min(S::width - 1, lanes.high));
          return;
        }
      }
      score_sheared<T, M, Shared>(q, work.d, k, part.k_stride, end - begin, to);
    };
    if (low.begin != high.begin || low.end != high.end) {
      sheared.template operator()<1, false>(low.begin, low.end, 0);
      sheared.template operator()<1, false>(high.begin, high.end, 1);
    } else if (part.high == 0) {
      sheared.template operator()<2, true>(low.begin, low.end, 0);
    } else {
      sheared.template operator()<2, false>(low.begin, low.end, 0);
    }
    return;
  }
  const auto clip = [&](Index slot) { return std::clamp<Index>(slot - part.slot, 0, part.count); };
  const Index low_begin = clip(low.begin), low_end = clip(low.end);
  const Index high_begin = clip(high.begin), high_end = clip(high.end);
  const Index both_begin = max(low_begin, high_begin), both_end = min(low_end, high_end);
  if (both_begin < both_end) {
    score.template operator()<S::keys1, 1>(low_begin, both_begin, 0);
    score.template operator()<S::keys1, 1>(high_begin, both_begin, 1);
    score.template operator()<S::keys2, 2>(both_begin, both_end, 0);
    score.template operator()<S::keys1, 1>(both_end, low_end, 0);
    score.template operator()<S::keys1, 1>(both_end, high_end, 1);
  } else {
    score.template operator()<S::keys1, 1>(low_begin, low_end, 0);
    score.template operator()<S::keys1, 1>(high_begin, high_end, 1);
  }
}

template <class T>
void filter_step(const Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
                 const PairFilter& filter) {
  for (Index lane = 0; lane < tile.rows; ++lane) {
    for (const KeyPart<T>& part : keys) {
      const SlotRange range = keys.range(part, lane, 1);
      for (Index e = range.begin; e < range.end; ++e) {
        if (!filter.keep(lane, e)) work.s[e * Shape<T>::lanes + lane] = masked_score<T>;
      }
    }
  }
}

/// The value step of one row at a time, over the pairs that are attended and no others.
template <class T, class E = simd::Singles<T>>
void isolated_value_step(Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
                         const PairFilter* filter, const T* correction) {
  for (Index lane = 0; lane < tile.rows; ++lane) {
    T* out = tile.out + lane * work.out_stride;
    const T* state = tile.state ? tile.state + lane * tile.state_stride : nullptr;
    for (Index c = 0; c < work.out_stride; ++c) out[c] = state ? state[c] * correction[lane] : T(0);
    for (const KeyPart<T>& part : keys) {
      for (Index e = 0; e < part.count; ++e) {
        const Index slot = part.slot + e;
        if (!keys.attends(part, lane, slot) || (filter && !filter->keep(lane, slot))) continue;
        const T weights = work.s[slot / E::size * Shape<T>::lanes + lane];
        const T weight = E::number(weights, slot % E::size);
        const T* value = part.v + e / E::size * part.v_stride;
        for (Index c = 0; c < work.out_stride; ++c) {
          out[c] += weight * E::number(value[c], e % E::size);
        }
      }
    }
  }
}

/// Takes a block of keys into the tile: scores, softmax, values. Queries, keys and values are
/// elements of kind E. Where mode isolates, no part of the block is wrapped or sheared.
template <class T, class E = simd::Singles<T>>
void take_keys(Tile<T>& tile, const Workspace<T>& work, const KeyBlock<T>& keys,
               const TakeMode<T>& mode) {
  constexpr int W = Shape<T>::width, L = Shape<T>::lanes, R = Shape<T>::rows;
  T* correction = work.lane;
  T* finish = correction + L;
  std::array<SoftmaxPart<T>, KeyBlock<T>::most_parts> attended[2];
  std::size_t parts = 0;
  for (const KeyPart<T>& part : keys) {
    for (Index m = 0; m < 2; ++m) {
      attended[m][parts].range = keys.range(part, m * W, W);
      attended[m][parts].bounds = keys.bounds(part, m * W);
    }
    score_step<T, E>(tile, work, keys, part, attended[0][parts].range, attended[1][parts].range);
    ++parts;
  }
  if (mode.edit) mode.edit->edit(work.s, keys);
  if (mode.filter) filter_step(tile, work, keys, *mode.filter);
  for (Index m = 0; m < 2; ++m) {
    softmax_block<T, E>(work.s + m * W, {attended[m].data(), parts}, tile.row_max + m * W,
                        tile.row_sum + m * W, correction + m * W);
  }
  if (mode.dropout) mode.dropout->edit(work.s, keys);

  if (mode.isolate) {
    isolated_value_step<T, E>(tile, work, keys, mode.filter, correction);
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
  T* exponent = finish + L;
  simd::store(exponent, simd::broadcast(T(0)));
  TakenParts<T, E> taken;
  for (Index r = 0; r < tile.rows; r += R) {
    if (r % W == 0 || taken.differ()) {
      const bool ragged = taken.find(keys, r) || mode.filter;
      tile.ragged |= ragged;
      rows.exponent = ragged ? exponent : nullptr;
    }
    work.ahead->step();
    taken.add(work.s, r, work.out_stride, rows);
  }
  tile.suspect |= tile.ragged && simd::any_not_finite<T>(simd::load(exponent));
}

}  // namespace tartan::detail::inline TARTAN_ISA
