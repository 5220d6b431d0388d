// The online softmax: all vertical, one lane a query, no reduction across lanes. Scores come in
// base 2 (log2(e) is folded into the queries' scale). Layer: kernel.
#pragma once

#include <limits>

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The score of a pair that is not attended: the lowest number, so that 2^(score - row_max) is
/// exactly 0, also under -ffast-math, where infinities are not to be relied on.
template <class T>
inline constexpr T masked_score = std::numeric_limits<T>::lowest();

/// The maximum of a row that has seen no key: above masked_score, by more than exp2 can bridge, and
/// below every other score.
template <class T>
inline constexpr T no_row_max = masked_score<T>*(1 - std::numeric_limits<T>::epsilon());

/// One vector's share of a block. Slots [begin, end) hold scores; those of [full_begin, full_end)
/// are attended by every lane, the others by the lanes with lower[lane] <= slot <= upper[lane].
struct SlotRange {
  Index begin, end, full_begin, full_end;
};

/// Turns the scores of one vector of queries into weights 2^(score - row_max), in place, and brings
/// row_max and row_sum up to date; `correction` is what earlier sums and outputs are to be
/// multiplied by. s: slots × lanes, from the vector's first lane.
template <class T>
void softmax_block(T* EIGEN_RESTRICT s, const SlotRange& range, const T* lower, const T* upper,
                   T* EIGEN_RESTRICT row_max, T* EIGEN_RESTRICT row_sum,
                   T* EIGEN_RESTRICT correction) {
  using P = simd::Packet<T>;
  constexpr int L = Shape<T>::lanes;
  const P old_max = simd::load(row_max);
  P max0 = old_max, max1 = old_max;
  const auto mask = [&](Index begin, Index end) {
    const P low = simd::load(lower), high = simd::load(upper);
    for (Index e = begin; e < end; ++e) {
      const P slot = simd::broadcast(static_cast<T>(e));
      const P score = simd::select_between<T>(low, slot, high, simd::load(s + e * L),
                                              simd::broadcast(masked_score<T>));
      simd::store(s + e * L, score);
      max0 = simd::pmax(score, max0);
    }
  };
  mask(range.begin, range.full_begin);
  Index e = range.full_begin;
  for (; e + 2 <= range.full_end; e += 2) {
    max0 = simd::pmax(simd::load(s + e * L), max0);
    max1 = simd::pmax(simd::load(s + (e + 1) * L), max1);
  }
  if (e < range.full_end) max0 = simd::pmax(simd::load(s + e * L), max0);
  mask(range.full_end, range.end);
  const P new_max = simd::pmax(max0, max1);
  const P factor = simd::exp2<T>(simd::psub(old_max, new_max));
  simd::store(row_max, new_max);
  simd::store(correction, factor);
  P sum0 = simd::pmul(simd::load(row_sum), factor), sum1 = simd::broadcast(T(0));
  for (e = range.begin; e + 2 <= range.end; e += 2) {
    const P weight0 = simd::exp2<T>(simd::psub(simd::load(s + e * L), new_max));
    const P weight1 = simd::exp2<T>(simd::psub(simd::load(s + (e + 1) * L), new_max));
    simd::store(s + e * L, weight0);
    simd::store(s + (e + 1) * L, weight1);
    sum0 = simd::padd(sum0, weight0);
    sum1 = simd::padd(sum1, weight1);
  }
  if (e < range.end) {
    const P weight = simd::exp2<T>(simd::psub(simd::load(s + e * L), new_max));
    simd::store(s + e * L, weight);
    sum0 = simd::padd(sum0, weight);
  }
  simd::store(row_sum, simd::padd(sum0, sum1));
}

}  // namespace tartan::detail::inline TARTAN_ISA
