// Softcap: scores that level off. Layer: scores.
#pragma once

#include <stdexcept>
#include <string>

#include "score.hpp"

namespace tartan::inline TARTAN_ISA {

/// cap * tanh(s / cap): scores stay within (-cap, cap). Gemma 2 has a cap of 50 (arXiv 2408.00118).
class Softcap {
 public:
  /// Throws std::invalid_argument where the cap is not above 0.
  explicit Softcap(double cap) : cap_(cap) {
    if (!(cap > 0)) {
      throw std::invalid_argument("tartan: Softcap: cap must be > 0, got " + std::to_string(cap));
    }
  }

  double cap() const { return cap_; }

  /// tanh(x) = x p(x²) for |x| <= 1, a polynomial in float: relative error below 1.2e-7. Beyond,
  /// and in double, Eigen's tanh.
  template <class T>
  ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>&) const {
    const T cap = static_cast<T>(cap_), inverse = static_cast<T>(1 / cap_);
    if constexpr (std::is_same_v<T, float>) {
      namespace simd = detail::simd;
      const auto scores = simd::load(s.data());
      const auto x = simd::pmul(scores, simd::broadcast(inverse)), u = simd::pmul(x, x);
      if (!simd::any_above(u, simd::broadcast(1.0f))) {
        auto p =
            simd::pmadd(simd::broadcast(1.0380250967e-3f), u, simd::broadcast(-6.1943248337e-3f));
        p = simd::pmadd(p, u, simd::broadcast(2.0279708286e-2f));
        p = simd::pmadd(p, u, simd::broadcast(-5.3451646370e-2f));
        p = simd::pmadd(p, u, simd::broadcast(1.3325076146e-1f));
        p = simd::pmadd(p, u, simd::broadcast(-3.3332827979e-1f));
        p = simd::pmadd(p, u, simd::broadcast(9.9999994865e-1f));
        ScoreArray<T> capped;
        simd::store(capped.data(), simd::pmul(scores, p));
        return capped;
      }
    }
    return cap * (s * inverse).tanh();
  }

 private:
  double cap_;
};

}  // namespace tartan::inline TARTAN_ISA
