// The online softmax of few queries, lanes are keys; and the merge of two parts of a row. Scores
// are in base 2, as in softmax.hpp. Layer: kernel.
#pragma once

#include "../simd/reduce.hpp"
#include "softmax.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// A row before its first key: no maximum, no sum, outputs of 0.
template <class T>
void start_row(T* out, Index dv, T& row_max, T& row_sum) {
  for (Index c = 0; c < dv; ++c) out[c] = T(0);
  row_max = no_row_max<T>;
  row_sum = T(0);
}

/// Turns R rows of `count` scores into weights 2^(score - row_max), in place, and brings row_max
/// and row_sum, R of each, up to date; correction[r] is what earlier outputs are to be multiplied
/// by. s: rows of `count` numbers rounded up to whole vectors, s_stride apart.
template <class T, int R>
void row_softmax(T* s, Index s_stride, Index count, T* row_max, T* row_sum, T* correction) {
  using P = simd::Packet<T>;
  constexpr Index W = Shape<T>::width;
  const Index padded = ceil_div(count, W) * W;
  for (int r = 0; r < R; ++r, s += s_stride) {
    for (Index e = count; e < padded; ++e) s[e] = masked_score<T>;
    P max0 = simd::broadcast(row_max[r]), max1 = max0;
    Index e = 0;
    for (; e + 2 * W <= padded; e += 2 * W) {
      max0 = simd::pmax(simd::load(s + e), max0);
      max1 = simd::pmax(simd::load(s + e + W), max1);
    }
    if (e < padded) max0 = simd::pmax(simd::load(s + e), max0);
    const T old_max = row_max[r];
    row_max[r] = simd::largest<T>(simd::pmax(max0, max1));
    const P new_max = simd::broadcast(row_max[r]);
    const P factor = simd::exp2<T>(simd::psub(simd::broadcast(old_max), new_max));
    T lanes[std::size_t(W)];
    simd::store(lanes, factor);
    correction[r] = lanes[0];
    P sum0 = simd::broadcast(T(0)), sum1 = sum0;
    for (e = 0; e + 2 * W <= padded; e += 2 * W) {
      const P weight0 = simd::exp2<T>(simd::psub(simd::load(s + e), new_max));
      const P weight1 = simd::exp2<T>(simd::psub(simd::load(s + e + W), new_max));
      simd::store(s + e, weight0);
      simd::store(s + e + W, weight1);
      sum0 = simd::padd(sum0, weight0);
      sum1 = simd::padd(sum1, weight1);
    }
    if (e < padded) {
      const P weight = simd::exp2<T>(simd::psub(simd::load(s + e), new_max));
      simd::store(s + e, weight);
      sum0 = simd::padd(sum0, weight);
    }
    row_sum[r] = row_sum[r] * correction[r] + simd::sum<T>(simd::padd(sum0, sum1));
  }
}

/// 2^x of one number, as exp2 has it.
template <class T>
T exp2_of(T x) {
  T lanes[std::size_t(simd::width<T>)];
  simd::store(lanes, simd::exp2<T>(simd::broadcast(x)));
  return lanes[0];
}

/// Takes the keys of another part of the row in: afterwards maximum, sum and the dv outputs are
/// those of all keys of both, to rounding. Either part may be without keys.
template <class T>
void merge_row_parts(T* EIGEN_RESTRICT out, T& row_max, T& row_sum,
                     const T* EIGEN_RESTRICT other_out, T other_max, T other_sum, Index dv) {
  const T both = row_max < other_max ? other_max : row_max;
  const T own = exp2_of<T>(row_max - both), other = exp2_of<T>(other_max - both);
  for (Index c = 0; c < dv; ++c) out[c] = out[c] * own + other_out[c] * other;
  row_sum = row_sum * own + other_sum * other;
  row_max = both;
}

/// The finished row: outputs divided by row_sum, 0 where there was no key. `to` may be `out`.
template <class T>
void finish_row(const T* out, Index dv, T row_sum, T* to, Index to_stride) {
  const T factor = row_sum == T(0) ? T(0) : T(1) / row_sum;
  for (Index c = 0; c < dv; ++c) to[c * to_stride] = out[c] * factor;
}

}  // namespace tartan::detail::inline TARTAN_ISA
