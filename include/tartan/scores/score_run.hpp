// Runs of scores: which pair each of them belongs to. Layer: scores.
#pragma once

#include <limits>

#include "../lattice/index.hpp"
#include "../simd/packet.hpp"

namespace tartan::inline TARTAN_ISA {

/// A vector of scores, or of numbers that belong to them.
template <class T>
using ScoreArray = Eigen::Array<T, detail::simd::width<T>, 1>;

/// The pairs of a vector of scores.
template <class T>
struct ScorePlace {
  ScoreArray<T> i, j;      ///< positions of queries and keys; as T, a float is exact up to 2^24
  ScoreArray<T> distance;  ///< i - j; exact up to 2^24, wherever the two are
  Index head;              ///< which query head
  Index vector;            ///< which one of a run it is
};

}  // namespace tartan::inline TARTAN_ISA

namespace tartan::detail::inline TARTAN_ISA {

/// Scores that stand `stride` apart, a vector of them at each place: in vector e, lane l is that of
/// the query i + l * i_step and the key j + l * j_lane + e * j_step.
template <class T>
struct ScoreRun {
  T* s;
  Index stride;
  Index count;
  Index i, i_step;
  Index j, j_lane, j_step;
  Index head;
  Index wrap = 0;  ///< in vector e the keys of the lanes beyond e are so much further

  static constexpr Index most = 32;  ///< vectors of a run that a modifier is given, and numbers
  static constexpr Index numbers = most * simd::width<T>;  ///< in them
};

/// Adds numbers to a run's scores; those of a vector stand beside each other. Where `Any`, they may
/// be -infinity, or the lowest number, as masks have it: times log2(e) it is to stay above that.
template <class T, bool Any = false>
struct AddNumbers {
  const T* there = nullptr;  ///< null: they are in `copied`
  Index first = 0;           ///< where the first vector's are
  Index move = 0;            ///< from there to the next vector's
  T copied[std::size_t(ScoreRun<T>::numbers)];

  ScoreArray<T> at(const ScoreArray<T>& s, const ScorePlace<T>& place) const {
    const T* numbers = (there ? there : copied) + first + place.vector * move;
    if constexpr (Any) {
      const auto sum = simd::padd(simd::load(s.data()), simd::load(numbers));
      const auto low = simd::broadcast(T(0.6) * std::numeric_limits<T>::lowest());
      const auto none = simd::broadcast(std::numeric_limits<T>::lowest());
      ScoreArray<T> added;
      simd::store(added.data(), simd::select(simd::below(sum, none), sum, simd::pmax(sum, low)));
      return added;
    } else {
      return s + Eigen::Map<const ScoreArray<T>>(numbers);
    }
  }
};

}  // namespace tartan::detail::inline TARTAN_ISA
