// Softcap: scores that level off. Layer: scores.
#pragma once

#include <stdexcept>
#include <string>

#include "score.hpp"

namespace tartan::inline TARTAN_ISA {

/// cap * tanh(s / cap): scores stay within (-cap, cap). Gemma 2 has a cap of 50 (arXiv 2408.00118).
class Softcap {
 public:
  /// Throws std::invalid_argument where the cap is not above 0, or not finite.
  explicit Softcap(double cap) : cap_(cap) {
    if (!(cap > 0) || detail::simd::not_finite(cap)) {
      throw std::invalid_argument("tartan: Softcap: cap must be > 0 and finite, got " +
                                  std::to_string(cap));
    }
  }

  double cap() const { return cap_; }

  template <class T>
  struct On {
    T cap, inverse;

    /// tanh(x) = x p(x²) for |x| <= 1, a polynomial in float: relative error below 1.2e-7. Beyond,
    /// and in double, Eigen's tanh.
    ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>&) const {
      if constexpr (std::is_same_v<T, float>) {
        namespace simd = detail::simd;
        const auto scores = simd::load(s.data());
        const auto x = simd::pmul(scores, simd::broadcast(inverse)), u = simd::pmul(x, x);
        auto p =
            simd::pmadd(simd::broadcast(1.0380250967e-3f), u, simd::broadcast(-6.1943248337e-3f));
        for (const float c : {2.0279708286e-2f, -5.3451646370e-2f, 1.3325076146e-1f,
                              -3.3332827979e-1f, 9.9999994865e-1f}) {
          p = simd::pmadd(p, u, simd::broadcast(c));
        }
        ScoreArray<T> near;
        simd::store(near.data(), simd::pmul(scores, p));
        const auto one = simd::broadcast(1.0f);
        if (!simd::any_above(u, one)) return near;
        // Lane by lane: one must not be changed by what stands in another.
        ScoreArray<T> far = cap * (s * inverse).tanh();
        simd::store(far.data(), simd::select(simd::between(simd::broadcast(0.0f), u, one),
                                             simd::load(near.data()), simd::load(far.data())));
        return far;
      } else {
        return cap * (s * inverse).tanh();
      }
    }
  };
  /// 1 - tanh(s / cap)^2.
  template <class T>
  ScoreArray<T> slope(const ScoreArray<T>&, const ScoreArray<T>& after) const {
    return T(1) - (after * static_cast<T>(1 / cap_)).square();
  }
  template <class T>
  On<T> on(const detail::ScoreRun<T>&) const {
    return {static_cast<T>(cap_), static_cast<T>(1 / cap_)};
  }

 private:
  double cap_;
};

}  // namespace tartan::inline TARTAN_ISA
