// Neighborhood: the nearest points of a grid of one, two or three dimensions. Layer: patterns.
#pragma once

#include <array>

#include "axis.hpp"
#include "pattern.hpp"

namespace tartan {

/// On a grid of extents Shape... (the last contiguous: i = (x * H + y) * W + z), the keys that lie
/// in the query's window along each axis; see Axis for windows, dilation, causality and borders.
/// Neighborhood attention (arXiv 2204.07143) is that of Border::shift. Positions beyond the grid
/// attend nothing; several pictures in one sequence are Documents.
/// `Neighborhood<3, 3>{{.kernel = 3}, {.kernel = 1}}`, each with the points above and below:
///
///     ■ □ □ ■ □ □ □ □ □
///     □ ■ □ □ ■ □ □ □ □
///     □ □ ■ □ □ ■ □ □ □
///     ■ □ □ ■ □ □ ■ □ □
///     □ ■ □ □ ■ □ □ ■ □
///     □ □ ■ □ □ ■ □ □ ■
///     □ □ □ ■ □ □ ■ □ □
///     □ □ □ □ ■ □ □ ■ □
///     □ □ □ □ □ ■ □ □ ■
template <Index... Shape>
class Neighborhood {
  static constexpr std::size_t rank = sizeof...(Shape);
  static_assert(rank >= 1 && rank <= 3, "tartan: Neighborhood<Shape...>: one to three extents");
  static_assert(((Shape >= 1 || Shape == Dynamic) && ...),
                "tartan: Neighborhood<Shape...>: extents must be >= 1");
  static constexpr bool is_static = ((Shape != Dynamic) && ...);
  template <Index>
  using AxisOf = Axis;

 public:
  using Extents = std::array<Index, rank>;

  /// Throws std::invalid_argument where an axis is out of range.
  constexpr explicit Neighborhood(const AxisOf<Shape>&... axes) requires is_static
      : Neighborhood(Extents{Shape...}, axes...) {}
  /// Extents at run time. Throws std::invalid_argument where one is below 1 or not the static one,
  /// or an axis is out of range.
  constexpr Neighborhood(const Extents& shape, const AxisOf<Shape>&... axes)
      : shape_(shape), axes_{axes...} {
    constexpr Extents fixed{Shape...};
    Index points = 1;
    for (std::size_t a = 0; a < rank; ++a) {
      detail::Parameter<Dynamic>(shape[a], 1, "Neighborhood: an extent", detail::largest_stride);
      if (fixed[a] != Dynamic && fixed[a] != shape[a]) {
        throw std::invalid_argument("tartan: Neighborhood: extent must be the static " +
                                    std::to_string(fixed[a]) + ", got " + std::to_string(shape[a]));
      }
      axes_[a].check();
      points = detail::min(shape[a], detail::largest_position / points + 1) * points;
    }
    detail::Parameter<Dynamic>(points, 1, "Neighborhood: points of the grid",
                               detail::largest_position);
  }

  constexpr const Extents& shape() const { return shape_; }
  constexpr const std::array<Axis, rank>& axes() const { return axes_; }
  /// Points of the grid.
  constexpr Index size() const {
    Index points = 1;
    for (const Index n : shape_) points *= n;
    return points;
  }

  constexpr bool contains(Index i, Index j) const {
    if (i < 0 || i >= size() || j >= size()) return false;
    for (std::size_t a = rank; a-- > 0;) {
      if (!axes_[a].contains(i % shape_[a], j % shape_[a], shape_[a])) return false;
      i /= shape_[a];
      j /= shape_[a];
    }
    return true;
  }

  /// One band, or a few, for each pair of a query line and a key line along the last axis.
  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    const Index width = shape_[rank - 1], lines = size() / width;
    const Index begin = detail::max(0, extent.row_begin) / width;
    const Index end = detail::min(lines, detail::ceil_div(extent.row_end, width));
    for (Index line = begin; line < end; ++line) key_lines<0>(line, lines, 0, width, visit);
  }

 private:
  /// Visits the key lines that agree with `line` along axes A and later ones, the last excepted.
  /// lines: how many there are to tell apart by axis A and later ones; keys: the coordinates along
  /// the axes before, as a number of lines of axis A.
  template <std::size_t A>
  constexpr void key_lines(Index line, Index lines, Index keys, Index width, auto& visit) const {
    if constexpr (A + 1 == rank) {
      line_bands(line * width, keys * width, visit);
    } else {
      const Index below = lines / shape_[A];  // lines in one step of axis A
      const Index x = line % lines / below;
      const Lattice seen = axes_[A].keys(x, shape_[A]);
      for (Index t = 0; t < seen.count; ++t) {
        key_lines<A + 1>(line, below, keys * shape_[A] + seen[t], width, visit);
      }
    }
  }

  constexpr void line_bands(Index query_base, Index key_base, auto& visit) const {
    axes_[rank - 1].bands(shape_[rank - 1], [&](const Band& b) {
      const Index shift = key_base - query_base;
      const auto moved = [](const Lattice& l, Index by) {
        return Lattice{l.start + by, l.step, l.count};
      };
      visit(Band{moved(b.rows, query_base), moved(b.keys, key_base), b.lower.moved(shift),
                 b.upper.moved(shift)});
    });
  }

  Extents shape_;
  std::array<Axis, rank> axes_;
};

}  // namespace tartan
