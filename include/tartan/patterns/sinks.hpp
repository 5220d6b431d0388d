// Sinks: the first keys, for all queries. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// j < G: the attention sinks of StreamingLLM (arXiv 2309.17453), which go with a window:
/// `Causal{} & (Sinks<4>{} | Window<1023, 0>{})`. `Sinks<2>`:
///
///     ■ ■ □ □ □
///     ■ ■ □ □ □
///     ■ ■ □ □ □
///     ■ ■ □ □ □
///     ■ ■ □ □ □
template <Index G = Dynamic>
class Sinks {
  static_assert(G >= 0 || G == Dynamic,
                "tartan: Sinks<G>: G must be >= 0 (the number of keys that all queries see)");

 public:
  static constexpr Index static_keys = G;

  constexpr Sinks() requires(G != Dynamic) = default;
  /// Throws std::invalid_argument where `keys` is negative, or is not the static one.
  constexpr explicit Sinks(Index keys) : keys_(keys, 0, "Sinks: keys") {}

  constexpr Index keys() const { return keys_.value(); }

  constexpr bool contains(Index, Index j) const { return j < keys(); }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), Lattice::range(0, keys())});
  }

 private:
  [[no_unique_address]] detail::Parameter<G> keys_;
};

Sinks(Index)->Sinks<Dynamic>;

}  // namespace tartan
