// The weights of a block's pairs, again, from what the forward pass left of each row; and how much
// the loss changes with each score. Layer: kernel.
#pragma once

#include "softmax.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// What the gradients of a vector's pairs need of its rows, one number a lane.
template <class T>
struct RowTerms {
  const T* lse;          ///< log-sum-exp in base 2; a large number where a row has none
  const T* inverse_sum;  ///< what weights are multiplied by: 1, or where lse is a maximum the sum's
  const T* delta;        ///< dout · out
};

/// The lse of a row that attends no key, or is none: every weight is 0.
template <class T>
inline constexpr T no_lse = std::numeric_limits<T>::max();

/// The log-sum-exp as RowTerms has it.
template <class T>
T in_base_2(T lse) {
  return simd::not_finite(lse) && lse < T(0) ? no_lse<T> : lse * std::numbers::log2e_v<T>;
}

/// Where pairs are not attended, both are 0; keep: null, or what dropout multiplies the weight by.
/// Forward: weight = 2^(score - lse), out += weight * keep * v. So, in place of the scores in s
/// weight * keep, and in place of dout · v in dp weight * (dp * keep - delta). s, dp, keep: slots ×
/// lanes, from the vector's first lane. Slots in [begin, end) outside the part's range become 0.
/// Notes the largest exponents of the scores and of dp, attended or not, in `exponent`, one vector.
template <class T>
void pair_gradients(T* EIGEN_RESTRICT s, T* EIGEN_RESTRICT dp, const T* EIGEN_RESTRICT keep,
                    const SoftmaxPart<T>& part, Index begin, Index end, const RowTerms<T>& rows,
                    T* exponent) {
  using P = simd::Packet<T>;
  constexpr int L = Shape<T>::lanes;
  const SlotRange& range = part.range;
  const P zero = simd::broadcast(T(0));
  const P lse = simd::load(rows.lse), inverse_sum = simd::load(rows.inverse_sum);
  const P delta = simd::load(rows.delta);
  P largest = simd::load(exponent);
  const auto put = [&](Index e, const P& weight, const P& gradient) {
    simd::store(s + e * L, weight);
    simd::store(dp + e * L, gradient);
  };
  const auto work_out = [&](Index e, P& weight, P& gradient) {
    const P score = simd::load(s + e * L);
    P d = simd::load(dp + e * L);
    largest = simd::pmax(simd::pmax(simd::exponent<T>(score), simd::exponent<T>(d)), largest);
    weight = simd::pmul(simd::exp2<T>(simd::psub(score, lse)), inverse_sum);
    if (keep) d = simd::pmul(d, simd::load(keep + e * L));
    gradient = simd::pmul(weight, simd::psub(d, delta));
    if (keep) weight = simd::pmul(weight, simd::load(keep + e * L));
  };
  const auto edge = [&](Index from, Index to) {
    if (from >= to) return;
    const P lower = simd::load(part.bounds.lower), upper = simd::load(part.bounds.upper);
    for (Index e = from; e < to; ++e) {
      P weight, gradient;
      work_out(e, weight, gradient);
      const P attended = simd::between(lower, simd::broadcast(static_cast<T>(e)), upper);
      put(e, simd::select(attended, weight, zero), simd::select(attended, gradient, zero));
    }
  };
  for (Index e = begin; e < min(end, range.begin); ++e) put(e, zero, zero);
  edge(range.begin, range.full_begin);
  for (Index e = range.full_begin; e < range.full_end; ++e) {
    P weight, gradient;
    work_out(e, weight, gradient);
    put(e, weight, gradient);
  }
  edge(range.full_end, range.end);
  for (Index e = max(begin, range.end); e < end; ++e) put(e, zero, zero);
  simd::store(exponent, largest);
  if (range.hole_begin >= range.hole_end) return;
  const P lower = simd::load(part.bounds.hole_lower), upper = simd::load(part.bounds.hole_upper);
  for (Index e = range.hole_begin; e < range.hole_end; ++e) {
    const P hole = simd::between(lower, simd::broadcast(static_cast<T>(e)), upper);
    put(e, simd::select(hole, zero, simd::load(s + e * L)),
        simd::select(hole, zero, simd::load(dp + e * L)));
  }
}

}  // namespace tartan::detail::inline TARTAN_ISA
