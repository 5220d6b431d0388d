// Axis: the window of a grid's neighbourhood along one axis. Layer: patterns.
#pragma once

#include <stdexcept>

#include "../lattice/band.hpp"
#include "parameter.hpp"

namespace tartan {

/// What happens to a window at the border of a grid.
enum class Border {
  shrink,  ///< it loses the keys that would lie outside
  shift    ///< it moves inwards, and keeps their number: neighborhood attention (arXiv 2204.07143)
};

/// Along one axis of n points: query x sees points of its own residue modulo `dilation`. Counted
/// among these, with g = floor(x / dilation): from g - kernel / 2 on `kernel` of them; where
/// `causal`, the `kernel` that end with g, fewer at the beginning, whatever the border.
struct Axis {
  Index kernel = 1;
  Index dilation = 1;
  bool causal = false;
  Border border = Border::shrink;

  /// Throws std::invalid_argument where a number is out of range.
  constexpr void check() const {
    detail::Parameter<Dynamic>(kernel, 1, "Axis: kernel", detail::largest_stride);
    detail::Parameter<Dynamic>(dilation, 1, "Axis: dilation", detail::largest_stride);
  }

  /// True where query x sees key y: both in [0, n).
  constexpr bool contains(Index x, Index y, Index n) const { return keys(x, n).contains(y); }

  /// The keys that query x of n sees.
  constexpr Lattice keys(Index x, Index n) const {
    const Index residue = x % dilation, points = points_of(residue, n), g = x / dilation;
    Index first = g - left(), last = g + right();
    if (shifts()) {
      first = detail::max(0, detail::min(first, points - kernel));
      last = first + kernel - 1;
    }
    first = detail::max(0, first);
    last = detail::min(points - 1, last);
    return {residue + first * dilation, dilation, last - first + 1};
  }

  /// Calls visit(band) for the bands of all n queries, as a pattern of one dimension.
  template <class Visit>
  constexpr void bands(Index n, Visit&& visit) const {
    for (Index residue = 0; residue < detail::min(dilation, n); ++residue) {
      const Index points = points_of(residue, n);
      const auto part = [&](Index begin, Index end) {
        return Lattice{residue + begin * dilation, dilation, detail::max(0, end - begin)};
      };
      const Bound lower = Bound::at(-left() * dilation), upper = Bound::at(right() * dilation);
      if (!shifts()) {
        visit(Band{part(0, points), part(0, points), lower, upper});
      } else if (points <= kernel) {
        visit(Band{part(0, points), part(0, points)});
      } else {  // windows that have moved, those in the middle, those that have moved again
        const Index middle = left(), end = points - right();
        visit(Band{part(0, middle), part(0, kernel)});
        visit(Band{part(middle, end), part(0, points), lower, upper});
        visit(Band{part(end, points), part(points - kernel, points)});
      }
    }
  }

 private:
  constexpr Index left() const { return causal ? kernel - 1 : kernel / 2; }
  constexpr Index right() const { return kernel - 1 - left(); }
  constexpr bool shifts() const { return border == Border::shift && !causal; }
  /// Points of [0, n) with this residue.
  constexpr Index points_of(Index residue, Index n) const {
    return detail::ceil_div(n - residue, dilation);
  }
};

}  // namespace tartan
