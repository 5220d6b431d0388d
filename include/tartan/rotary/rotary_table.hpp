// Angles of rotary position embedding computed once, for many layers and steps. Layer: rotary.
#pragma once

#include <type_traits>

#include "angles.hpp"

namespace tartan::inline TARTAN_ISA {

/// The cosines and sines of positions [first, first + count), rounded to T: float for matrices of
/// float, half and bfloat16, double for those of double. In place of a Rotary where several calls
/// turn the same positions: the layers of a model, its queries and keys, the steps of decoding.
/// Results are the same, bit for bit. Memory: count * rotary_dim numbers. Throws
/// std::invalid_argument where the Rotary is not sensible, or count is negative.
///
///     const RotaryTable<float> table(Rotary{.head_dim = 64}, 4096);
///     for (Layer& layer : layers) {
///       apply_rotary(layer.q, table);
///       apply_rotary(layer.k, table);
///     }
template <class T>
class RotaryTable {
 public:
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                "tartan: RotaryTable<T>: T must be float (also for half and bfloat16) or double");

  RotaryTable(const Rotary& rotary, Index count, Index first = 0)
      : rotary_(checked(rotary, count, first)), first_(first), turns_(count, 2 * rotary.pairs()) {
    const detail::RotaryAngles angles(rotary, first, count);
    detail::RotaryReader<T> reader(angles);
    for (Index r = 0; r < count; ++r) {
      const Index size = turns_.cols();
      turns_.row(r) = Eigen::Map<const Row>(reader.at(first + r).cos, size);
    }
  }

  const Rotary& rotary() const { return rotary_; }
  Index first() const { return first_; }
  Index count() const { return turns_.rows(); }

  /// What to turn a row at `position`, which the table has, by.
  detail::Turn<T> at(Index position) const {
    const T* cos = turns_.data() + (position - first_) * turns_.cols();
    return {cos, cos + turns_.cols() / 2};
  }

 private:
  using Row = Eigen::Matrix<T, 1, Dynamic>;

  static const Rotary& checked(const Rotary& rotary, Index count, Index first) {
    detail::check_rotary(rotary);
    if (count < 0) {
      detail::refuse_rotary("a table must have 0 positions or more, got " + std::to_string(count));
    }
    detail::check_positions(first, count);
    return rotary;
  }

  Rotary rotary_;
  Index first_;
  Eigen::Matrix<T, Dynamic, Dynamic, Eigen::RowMajor> turns_;
};

}  // namespace tartan::inline TARTAN_ISA
