// The online softmax: all vertical, one lane a query, no reduction across lanes. Scores come in
// base 2 (log2(e) is folded into the queries' scale). Layer: kernel.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "key_block.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The score of a pair that is not attended: the lowest number, so that 2^(score - row_max) is
/// exactly 0, also under -ffast-math, where infinities are not to be relied on.
template <class T>
inline constexpr T masked_score = std::numeric_limits<T>::lowest();

/// The maximum of a row that has seen no key: above masked_score, by more than exp2 can bridge, and
/// below every other score.
template <class T>
inline constexpr T no_row_max = masked_score<T>*(1 - std::numeric_limits<T>::epsilon());

/// The natural log-sum-exp of a row; -infinity where it has seen no key.
template <class T>
T log_sum_exp(T row_max, T row_sum) {
  return row_sum == T(0) ? -std::numeric_limits<T>::infinity()
                         : std::numbers::ln2_v<T> * (row_max + std::log2(row_sum));
}

/// What one vector of lanes attends of one part of a block. The bounds are read only where the
/// range is not full.
template <class T>
struct SoftmaxPart {
  SlotRange range;
  SlotBounds<T> bounds;
};

/// Masks the scores of a part, in place, where its bounds do not admit them, and returns the
/// maximum of them all and of row_max.
template <class T>
simd::Packet<T> mask_and_maximum(T* EIGEN_RESTRICT s, const SoftmaxPart<T>& part,
                                 const simd::Packet<T>& row_max) {
  using P = simd::Packet<T>;
  constexpr int L = Shape<T>::lanes;
  const SlotRange& range = part.range;
  P max0 = row_max, max1 = row_max;
  const P masked = simd::broadcast(masked_score<T>);
  const auto mask_edge = [&](Index begin, Index end) {
    if (begin >= end) return;
    const P lower = simd::load(part.bounds.lower), upper = simd::load(part.bounds.upper);
    for (Index e = begin; e < end; ++e) {
      const P attended = simd::between(lower, simd::broadcast(static_cast<T>(e)), upper);
      const P score = simd::select(attended, simd::load(s + e * L), masked);
      simd::store(s + e * L, score);
      max0 = simd::pmax(score, max0);
    }
  };
  if (range.hole_begin < range.hole_end) {
    const P lower = simd::load(part.bounds.hole_lower), upper = simd::load(part.bounds.hole_upper);
    for (Index e = range.hole_begin; e < range.hole_end; ++e) {
      const P hole = simd::between(lower, simd::broadcast(static_cast<T>(e)), upper);
      simd::store(s + e * L, simd::select(hole, masked, simd::load(s + e * L)));
    }
  }
  mask_edge(range.begin, range.full_begin);
  Index e = range.full_begin;
  for (; e + 2 <= range.full_end; e += 2) {
    max0 = simd::pmax(simd::load(s + e * L), max0);
    max1 = simd::pmax(simd::load(s + (e + 1) * L), max1);
  }
  if (e < range.full_end) max0 = simd::pmax(simd::load(s + e * L), max0);
  mask_edge(range.full_end, range.end);
  return simd::pmax(max0, max1);
}

/// Turns a part's scores into pairs of weights, rounded, of slots 2x and 2x + 1 in row x of s; the
/// weight of a slot outside the range is 0. Adds the weights to sum0 and sum1, before rounding.
template <class T, class E>
EIGEN_STRONG_INLINE void weigh_pairs(T* EIGEN_RESTRICT s, const SlotRange& range,
                                     const simd::Packet<T>& row_max, simd::Packet<T>& sum0,
                                     simd::Packet<T>& sum1) {
  using P = simd::Packet<T>;
  constexpr int L = Shape<T>::lanes;
  const auto weight = [&](Index e) {
    return simd::exp2<T>(simd::psub(simd::load(s + e * L), row_max));
  };
  const auto put = [&](Index e, const P& first, const P& second) {
    simd::store(s + e / 2 * L, E::rounded(first, second));
    sum0 = simd::padd(sum0, first);
    sum1 = simd::padd(sum1, second);
  };
  const P zero = simd::broadcast(T(0));
  Index e = range.begin;
  if (e < range.end && e % 2 == 1) {
    put(e - 1, zero, weight(e));
    ++e;
  }
  for (; e + 2 <= range.end; e += 2) put(e, weight(e), weight(e + 1));
  if (e < range.end) put(e, weight(e), zero);
}

/// Turns the scores of one vector of queries into weights 2^(score - row_max), in place, and brings
/// row_max and row_sum up to date; `correction` is what earlier sums and outputs are to be
/// multiplied by. s: slots × lanes, from the vector's first lane. Weights are elements of kind E:
/// of pairs, two slots' in one.
template <class T, class E = simd::Singles<T>>
void softmax_block(T* EIGEN_RESTRICT s, std::span<const SoftmaxPart<T>> parts,
                   T* EIGEN_RESTRICT row_max, T* EIGEN_RESTRICT row_sum,
                   T* EIGEN_RESTRICT correction) {
  using P = simd::Packet<T>;
  constexpr int L = Shape<T>::lanes;
  const P old_max = simd::load(row_max);
  P new_max = old_max;
  for (const SoftmaxPart<T>& part : parts) new_max = mask_and_maximum<T>(s, part, new_max);
  const P factor = simd::exp2<T>(simd::psub(old_max, new_max));
  simd::store(row_max, new_max);
  simd::store(correction, factor);
  P sum0 = simd::pmul(simd::load(row_sum), factor), sum1 = simd::broadcast(T(0));
  for (const SoftmaxPart<T>& part : parts) {
    if constexpr (E::size > 1) {
      weigh_pairs<T, E>(s, part.range, new_max, sum0, sum1);
      continue;
    }
    Index e = part.range.begin;
    for (; e + 2 <= part.range.end; e += 2) {
      const P weight0 = simd::exp2<T>(simd::psub(simd::load(s + e * L), new_max));
      const P weight1 = simd::exp2<T>(simd::psub(simd::load(s + (e + 1) * L), new_max));
      simd::store(s + e * L, weight0);
      simd::store(s + (e + 1) * L, weight1);
      sum0 = simd::padd(sum0, weight0);
      sum1 = simd::padd(sum1, weight1);
    }
    if (e < part.range.end) {
      const P weight = simd::exp2<T>(simd::psub(simd::load(s + e * L), new_max));
      simd::store(s + e * L, weight);
      sum0 = simd::padd(sum0, weight);
    }
  }
  simd::store(row_sum, simd::padd(sum0, sum1));
}

}  // namespace tartan::detail::inline TARTAN_ISA
