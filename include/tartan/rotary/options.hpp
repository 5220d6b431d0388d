// What can be set about rotary position embedding, and where rows are. Layer: rotary.
#pragma once

#include <concepts>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>

#include "../lattice/index.hpp"

namespace tartan {

/// Rotary position embedding (Su et al., arXiv 2104.09864): of each head the columns
/// [0, rotary_dim) are taken in pairs, and pair t at position p is turned by the angle
/// p / scaling * base^(-2t / rotary_dim). The product of a query and a key then depends on their
/// distance alone.
///
///     half-split (GPT-NeoX, Llama in transformers)   pair t is columns t and t + rotary_dim / 2
///     interleaved (RoFormer, GPT-J)                   pair t is columns 2t and 2t + 1
///
///     Rotary{.head_dim = 64}                                                // Llama
///     Rotary{.head_dim = 256, .interleaved = true, .rotary_dim = 64}        // GPT-J
///     Rotary{.head_dim = 128, .base = 500000.0}                             // Llama 3
struct Rotary {
  /// Columns of one head.
  Index head_dim;
  /// How much slower each pair turns than the one before: by base^(2 / rotary_dim).
  double base = 10000.0;
  /// Which columns make a pair: neighbours, or those half of rotary_dim apart.
  bool interleaved = false;
  /// Columns of a head that are turned, an even number; the others are left as they are. 0: all.
  Index rotary_dim = 0;
  /// Position interpolation (arXiv 2306.15595): positions are divided by it. 4 lets a model that
  /// was trained on 2048 tokens see 8192.
  double scaling = 1.0;

  /// Pairs of columns that are turned in each head.
  Index pairs() const { return (rotary_dim == 0 ? head_dim : rotary_dim) / 2; }
};

/// Which way to turn: as the model does, or back, as gradients of what was turned need it.
enum class Rotation { forward, inverse };

/// The position of each row: a first one, from which they count up, or one for each row, as in a
/// batch of packed documents. The numbers are not copied.
class Positions {
 public:
  Positions(Index first = 0) : first_(first) {}

  template <class Range>
  requires std::convertible_to<const Range&, std::span<const Index>> Positions(const Range& each)
      : each_(each), listed_(true) {}

  Index operator[](Index row) const {
    return listed_ ? each_[static_cast<std::size_t>(row)] : first_ + row;
  }

  /// True where they are listed, one for each row.
  bool listed() const { return listed_; }

  /// How many are listed.
  Index size() const { return static_cast<Index>(each_.size()); }

 private:
  Index first_ = 0;
  std::span<const Index> each_ = {};
  bool listed_ = false;
};

namespace detail {

[[noreturn]] inline void refuse_rotary(const std::string& what) {
  throw std::invalid_argument("tartan: rotary: " + what);
}

/// Throws std::invalid_argument where a Rotary says nothing sensible.
inline void check_rotary(const Rotary& rotary) {
  const auto positive = [](double x) { return x > 0 && x <= std::numeric_limits<double>::max(); };
  if (rotary.head_dim < 1) {
    refuse_rotary("head_dim must be at least 1, got " + std::to_string(rotary.head_dim));
  }
  if (rotary.rotary_dim < 0 || rotary.rotary_dim > rotary.head_dim) {
    refuse_rotary("rotary_dim must be within head_dim, " + std::to_string(rotary.head_dim) +
                  ", got " + std::to_string(rotary.rotary_dim));
  }
  const Index turned = rotary.rotary_dim == 0 ? rotary.head_dim : rotary.rotary_dim;
  if (turned % 2 != 0) {
    refuse_rotary("rotary_dim must be even (columns turn in pairs), got " + std::to_string(turned));
  }
  if (!positive(rotary.base)) {
    refuse_rotary("base must be positive and finite, got " + std::to_string(rotary.base));
  }
  if (!positive(rotary.scaling)) {
    refuse_rotary("scaling must be positive and finite, got " + std::to_string(rotary.scaling));
  }
}

/// Throws std::invalid_argument unless there is a position for each of `rows` rows, and all are
/// integers of double precision.
inline void check_positions(const Positions& positions, Index rows) {
  constexpr Index most = Index{1} << 53;
  if (positions.listed() && positions.size() != rows) {
    refuse_rotary("there are " + std::to_string(positions.size()) + " positions for " +
                  std::to_string(rows) + " rows (each row has one)");
  }
  const auto check = [](Index position) {
    if (position < -most || position > most) {
      refuse_rotary("positions must be within 2^53 of 0, got " + std::to_string(position));
    }
  };
  if (rows == 0) return;
  if (!positions.listed()) check(positions[0]);  // before a sum that might overflow
  for (Index r = positions.listed() ? 0 : rows - 1; r < rows; ++r) check(positions[r]);
}

}  // namespace detail
}  // namespace tartan
