// A pattern as a picture. Layer: queries.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "count.hpp"
#include "picture.hpp"

namespace tartan {
namespace detail {

/// The mask in square blocks of pairs: share[row * cols + col] of each block is attended.
struct DensityGrid {
  Index block = 1;
  Index rows = 0;
  Index cols = 0;
  Index pairs = 0;
  std::vector<double> share;
};

template <Pattern P>
DensityGrid density_grid(const P& pattern, Index n, Index m) {
  DensityGrid grid;
  grid.block = max(1, ceil_div(max(n, m), most_cells));
  grid.rows = ceil_div(n, grid.block);
  grid.cols = ceil_div(m, grid.block);
  std::vector<Index> pairs(static_cast<std::size_t>(grid.rows * grid.cols), 0);
  for_each_band(pattern, Extent{0, n, m}, [&](const Band& band, const auto& keep) {
    for (Index r = 0; r < grid.rows; ++r) {
      const Lattice rows = band.rows.within(r * grid.block, (r + 1) * grid.block);
      if (rows.empty()) continue;
      for (Index c = 0; c < grid.cols; ++c) {
        const Lattice keys = band.keys.within(c * grid.block, (c + 1) * grid.block);
        pairs[static_cast<std::size_t>(r * grid.cols + c)] +=
            count_pairs(Band{rows, keys, band.lower, band.upper}, keep);
      }
    }
  });
  for (std::size_t cell = 0; cell < pairs.size(); ++cell) {
    const Index r = static_cast<Index>(cell) / grid.cols, c = static_cast<Index>(cell) % grid.cols;
    const Index area = min(grid.block, n - r * grid.block) * min(grid.block, m - c * grid.block);
    grid.pairs += pairs[cell];
    grid.share.push_back(static_cast<double>(pairs[cell]) / static_cast<double>(area));
  }
  return grid;
}

/// The shades off the diagonal, then those on it. What holds a pair starts a clear step above what
/// holds none; and the diagonal a step above all the rest, so that it can be followed where it is
/// empty.
inline std::vector<unsigned> mask_palette(const PictureStyle& style) {
  std::vector<unsigned> palette{style.empty};
  for (unsigned s = 1; s <= shades; ++s) {  // 0.1 + 0.9 s / 48
    palette.push_back(mix(style.empty, style.attended, 16 + 3 * s, 160));
  }
  for (unsigned s = 0; s <= shades; ++s) {  // 0.2 + 0.8 s / 48
    palette.push_back(mix(style.empty, style.diagonal, 12 + s, 60));
  }
  return palette;
}

}  // namespace detail

/// The mask as a picture of one panel: rows are queries, columns are keys, the diagonal darker. Up
/// to 64 queries and keys, each pair is a cell. Beyond, a cell is a square block of pairs, at most
/// 64 cells a side, shaded by the square root of its exact density.
/// Cost: 64 * 64 * O(log) for each band. Throws std::invalid_argument where a size is negative.
///
///     const Picture picture = mask_picture(Local<256>{} | Strided<256>{}, 65536, 65536);
template <Pattern P>
Picture mask_picture(const P& pattern, Index n, Index m, const PictureStyle& style = {}) {
  detail::check_sizes("mask_picture", n, m);
  const detail::DensityGrid grid = detail::density_grid(pattern, n, m);
  Panel panel{grid.rows, grid.cols, detail::mask_palette(style), {}, style.caption, ""};
  for (Index r = 0; r < grid.rows; ++r) {
    for (Index c = 0; c < grid.cols; ++c) {
      // The square root lifts thin patterns: one key in 64 is a shade of 1/8, not of 1/64. What
      // holds a single pair is rounded up, so only cells with none at all look empty.
      const double share = grid.share[static_cast<std::size_t>(r * grid.cols + c)];
      const int shade = static_cast<int>(std::ceil(detail::shades * std::sqrt(share)));
      panel.cells.push_back(static_cast<std::uint8_t>(r == c ? detail::shades + 1 + shade : shade));
    }
  }
  const auto mille = std::lround(1000 * density(pattern, n, m));
  detail::append(panel.description, n, " queries (rows), ", m, " keys (columns): ", grid.pairs,
                 " pairs attended, density ", mille / 10, ".", mille % 10, " %.");
  if (grid.block > 1) {
    detail::append(panel.description, " Each cell is ", grid.block, " by ", grid.block,
                   " pairs, shaded by the square root of its density.");
  }
  Picture picture{{}, style};
  picture.panels.push_back(std::move(panel));
  return picture;
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
Picture mask_picture(const P& pattern, Index n, const PictureStyle& style = {}) {
  return mask_picture(pattern, n, n, style);
}

}  // namespace tartan
