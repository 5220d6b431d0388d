// Dilated: a window with gaps. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// |i - j| <= W * D and (i - j) mod D == 0: every D-th key, W of them on each side, and self: the
/// dilated window of Longformer (arXiv 2004.05150). The form that counts W in positions, as in
/// attention-gym, is `Window<W> & Strided<D>`. `Dilated<1, 2>`:
///
///     ■ □ ■ □ □
///     □ ■ □ ■ □
///     ■ □ ■ □ ■
///     □ ■ □ ■ □
///     □ □ ■ □ ■
template <Index W = Dynamic, Index D = Dynamic>
class Dilated {
  static_assert(W >= 0 || W == Dynamic,
                "tartan: Dilated<W, D>: W must be >= 0 (the number of keys on each side of self)");
  static_assert(D >= 1 || D == Dynamic,
                "tartan: Dilated<W, D>: D must be >= 1 (every D-th key is seen)");
  static_assert(W <= detail::largest_stride && D <= detail::largest_stride,
                "tartan: Dilated<W, D>: W and D must be <= 2^31");

 public:
  static constexpr Index static_window = W;
  static constexpr Index static_dilation = D;

  constexpr Dilated() requires(W != Dynamic && D != Dynamic) = default;
  /// Throws std::invalid_argument where `window` is negative, `dilation` below 1, one of them above
  /// 2^31, or one is not the static one.
  constexpr Dilated(Index window, Index dilation)
      : window_(window, 0, "Dilated: window", detail::largest_stride),
        dilation_(dilation, 1, "Dilated: dilation", detail::largest_stride) {}

  constexpr Index window() const { return window_.value(); }
  constexpr Index dilation() const { return dilation_.value(); }
  /// Positions from self to the furthest key.
  constexpr Index reach() const { return window() * dilation(); }

  constexpr bool contains(Index i, Index j) const {
    return i - j <= reach() && j - i <= reach() && (i - j) % dilation() == 0;
  }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    const Index classes = detail::min(dilation(), extent.row_end - extent.row_begin);
    for (Index c = 0; c < classes; ++c) {
      const Index residue = detail::floor_mod(extent.row_begin + c, dilation());
      if (residue >= extent.key_end) {  // no key: on to the next residue that has one, 0
        c += dilation() - 1 - residue;
        continue;
      }
      visit(Band{extent.rows(residue, dilation()), extent.keys(residue, dilation()),
                 Bound::at(-reach()), Bound::at(reach())});
    }
  }

 private:
  [[no_unique_address]] detail::Parameter<W, 0> window_;
  [[no_unique_address]] detail::Parameter<D, 1> dilation_;
};

Dilated(Index, Index)->Dilated<Dynamic, Dynamic>;

}  // namespace tartan
