// Alibi: attention with linear biases. Layer: scores.
#pragma once

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "score.hpp"

namespace tartan::inline TARTAN_ISA {

/// s - alibi_slope * |i - j|, with a slope for each query head (arXiv 2108.12409).
class Alibi {
 public:
  /// The same slope for all heads.
  explicit Alibi(double slope) : Alibi(std::vector<double>{slope}) {}
  /// One for each query head. Throws std::invalid_argument where there is none, or one is not
  /// finite.
  explicit Alibi(std::vector<double> slopes) : slopes_(std::move(slopes)) {
    if (slopes_.empty()) throw std::invalid_argument("tartan: Alibi: slopes must not be empty");
    for (const double slope : slopes_) {
      if (detail::simd::not_finite(slope)) {
        throw std::invalid_argument("tartan: Alibi: a slope must be finite, got " +
                                    std::to_string(slope));
      }
    }
  }

  /// The slopes of the paper and its code: 2^(-8 (h + 1) / heads) for a power of two; else those of
  /// the next lower power of two, and every second one of the next higher.
  static Alibi of_heads(Index heads) {
    if (heads < 1) {
      throw std::invalid_argument("tartan: Alibi: heads must be >= 1, got " +
                                  std::to_string(heads));
    }
    Index power = 1;
    while (2 * power <= heads) power *= 2;
    const auto slope = [](Index h, Index of) {
      return std::exp2(-8.0 * static_cast<double>(h + 1) / static_cast<double>(of));
    };
    std::vector<double> slopes;
    for (Index h = 0; h < power; ++h) slopes.push_back(slope(h, power));
    for (Index h = 0; power + h < heads; ++h) slopes.push_back(slope(2 * h, 2 * power));
    return Alibi(std::move(slopes));
  }

  double alibi_slope(Index head) const {
    return slopes_.size() == 1 ? slopes_[0] : slopes_[static_cast<std::size_t>(head)];
  }

  template <class T>
  struct On {
    T slope;
    ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>& place) const {
      return s - slope * place.distance.abs();
    }
  };
  template <class T>
  On<T> on(const detail::ScoreRun<T>& run) const {
    return {static_cast<T>(alibi_slope(run.head))};
  }

  static constexpr bool adds_to_scores = true;
  /// Rows and columns of the gradient of what it holds.
  std::pair<Index, Index> number_shape() const { return {static_cast<Index>(slopes_.size()), 1}; }
  template <class M>
  void add_gradient(M& into, Index i, Index j, Index head, double gradient) const {
    into(slopes_.size() == 1 ? 0 : head) -= gradient * static_cast<double>(std::abs(i - j));
  }

  void check(const Extent&, Index heads) const {
    if (slopes_.size() != 1 && static_cast<Index>(slopes_.size()) != heads) {
      throw std::invalid_argument("tartan: Alibi: there are " + std::to_string(slopes_.size()) +
                                  " slopes for " + std::to_string(heads) +
                                  " query heads (one for all, or one for each)");
    }
  }

 private:
  std::vector<double> slopes_;
};

}  // namespace tartan::inline TARTAN_ISA
