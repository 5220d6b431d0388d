// Cosines and sines of rotary position embedding, in double, a row at a time. Layer: rotary.
#pragma once

#include <array>
#include <cmath>
#include <cstdlib>  // std::abs of an Index
#include <vector>

#include "../simd/packet.hpp"  // TARTAN_ISA
#include "options.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The cosine and the sine of each pair's angle, at one position.
template <class T>
struct Turn {
  const T* cos;
  const T* sin;
};

/// Angles for the rows of one call; shared by its tasks.
///
/// A position is 64 * coarse + fine (before 0: the sine is that after 0, with its sign changed),
/// and its angle a sum of two, whose cosine and sine are those of either multiplied out: 4096
/// positions take 64 + 64 evaluations of each function and not 4096, which would cost more than all
/// else. No recurrence: every product is of two values computed directly, and its error that of
/// three roundings, whatever the position. A position's numbers do not depend on the rows beside
/// it.
class RotaryAngles {
 public:
  static constexpr Index step = 64;

  /// `rotary` and `positions` are checked.
  RotaryAngles(const Rotary& rotary, const Positions& positions, Index rows)
      : frequency_(static_cast<std::size_t>(rotary.pairs())),
        fine_(static_cast<std::size_t>(2 * step * rotary.pairs())) {
    const double turned = 2.0 * static_cast<double>(rotary.pairs());
    for (Index t = 0; t < rotary.pairs(); ++t) {
      const double exponent = -2.0 * static_cast<double>(t) / turned;
      frequency_[static_cast<std::size_t>(t)] = std::pow(rotary.base, exponent) / rotary.scaling;
    }
    std::array<bool, static_cast<std::size_t>(step)> known{};
    // Of positions that count up, 2 * step have every `fine`, also where they turn round at 0.
    const Index looked_at = positions.listed() ? rows : min(rows, 2 * step);
    for (Index r = 0; r < looked_at; ++r) {
      const Index fine = std::abs(positions[r]) % step;
      if (known[static_cast<std::size_t>(fine)]) continue;
      known[static_cast<std::size_t>(fine)] = true;
      compute(fine, fine_.data() + 2 * fine * pairs());
    }
  }

  Index pairs() const { return static_cast<Index>(frequency_.size()); }

  /// Cosines, then sines, of turning by `position`.
  void compute(Index position, double* turn) const {
    const double p = static_cast<double>(position);
    for (Index t = 0; t < pairs(); ++t) {
      const double angle = p * frequency_[static_cast<std::size_t>(t)];
      turn[t] = std::cos(angle);
      turn[pairs() + t] = std::sin(angle);
    }
  }

  /// Cosines, then sines, for `fine` in [0, step), of those that rows have.
  const double* fine(Index fine) const { return fine_.data() + 2 * fine * pairs(); }

 private:
  std::vector<double> frequency_, fine_;
};

/// One task's reader of angles, rounded to T.
template <class T>
class RotaryReader {
 public:
  explicit RotaryReader(const RotaryAngles& angles)
      : angles_(&angles),
        coarse_(static_cast<std::size_t>(2 * angles.pairs())),
        row_(static_cast<std::size_t>(2 * angles.pairs())) {}

  /// What to turn a row at `position` by, sines after cosines; valid until the next call.
  Turn<T> at(Index position) {
    const Index distance = std::abs(position), coarse = distance / RotaryAngles::step;
    if (coarse != coarse_index_) {
      angles_->compute(coarse * RotaryAngles::step, coarse_.data());
      coarse_index_ = coarse;
    }
    const Index pairs = angles_->pairs();
    multiply(coarse_.data(), angles_->fine(distance % RotaryAngles::step),
             position < 0 ? -1.0 : 1.0, row_.data(), pairs);
    return {row_.data(), row_.data() + pairs};
  }

 private:
  static void multiply(const double* EIGEN_RESTRICT coarse, const double* EIGEN_RESTRICT fine,
                       double sign, T* EIGEN_RESTRICT to, Index pairs) {
    for (Index t = 0; t < pairs; ++t) {
      const double coarse_sin = coarse[pairs + t], fine_sin = fine[pairs + t];
      to[t] = static_cast<T>(coarse[t] * fine[t] - coarse_sin * fine_sin);
      to[pairs + t] = static_cast<T>(sign * (coarse_sin * fine[t] + coarse[t] * fine_sin));
    }
  }

  const RotaryAngles* angles_;
  std::vector<double> coarse_;
  std::vector<T> row_;
  Index coarse_index_ = -1;
};

}  // namespace tartan::detail::inline TARTAN_ISA
