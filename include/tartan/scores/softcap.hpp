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

  template <class T>
  ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>&) const {
    const T cap = static_cast<T>(cap_), inverse = static_cast<T>(1 / cap_);
    return cap * (s * inverse).tanh();
  }

 private:
  double cap_;
};

}  // namespace tartan::inline TARTAN_ISA
