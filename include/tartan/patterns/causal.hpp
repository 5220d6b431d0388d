// Causal: no query sees a later key. Layer: patterns.
#pragma once

#include "pattern.hpp"

namespace tartan {

/// j <= i; self is counted.
///
///     ■ □ □ □
///     ■ ■ □ □
///     ■ ■ ■ □
///     ■ ■ ■ ■
struct Causal {
  constexpr bool contains(Index i, Index j) const { return j <= i; }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys(), Bound::none_below(), Bound{0}});
  }
};

}  // namespace tartan
