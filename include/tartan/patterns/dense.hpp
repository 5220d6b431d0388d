// Dense: every query sees every key. Layer: patterns.
#pragma once

#include "pattern.hpp"

namespace tartan {

/// All pairs.
///
///     ■ ■ ■ ■
///     ■ ■ ■ ■
///     ■ ■ ■ ■
///     ■ ■ ■ ■
struct Dense {
  constexpr bool contains(Index, Index) const { return true; }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys()});
  }
};

}  // namespace tartan
