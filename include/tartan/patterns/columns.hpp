// Columns: the same every S-th key for all queries. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// j mod S == 0; self is seen only where i mod S == 0. `Columns<3>`:
///
///     ■ □ □ ■ □
///     ■ □ □ ■ □
///     ■ □ □ ■ □
///     ■ □ □ ■ □
///     ■ □ □ ■ □
template <Index S = Dynamic>
class Columns {
  static_assert(S >= 1 || S == Dynamic,
                "tartan: Columns<S>: S must be >= 1 (every S-th key is seen; Columns<1> is dense)");
  static_assert(S <= detail::largest_stride, "tartan: Columns<S>: S must be <= 2^31");

 public:
  static constexpr Index static_stride = S;

  constexpr Columns() requires(S != Dynamic) = default;
  /// Throws std::invalid_argument where `stride` is below 1 or above 2^31, or is not the static
  /// one.
  constexpr explicit Columns(Index stride)
      : stride_(stride, 1, "Columns: stride", detail::largest_stride) {}

  constexpr Index stride() const { return stride_.value(); }

  constexpr bool contains(Index, Index j) const { return j % stride() == 0; }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys(0, stride())});
  }

 private:
  [[no_unique_address]] detail::Parameter<S> stride_;
};

Columns(Index)->Columns<Dynamic>;

}  // namespace tartan
