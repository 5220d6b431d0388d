// A pattern drawn as an SVG picture, for a README or a paper. Layer: queries.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "count.hpp"

namespace tartan {

/// How svg() draws. Colours are 0xRRGGBB.
struct SvgStyle {
  Index size = 480;                ///< pixels on the longer side; the picture scales freely
  unsigned background = 0xf7f5f0;  ///< behind and between the cells
  unsigned empty = 0xe6e2d9;       ///< a cell with no attended pair
  unsigned attended = 0xc2453d;    ///< a cell with all its pairs attended
  unsigned diagonal = 0x6b1a1f;    ///< the same where the cell holds pairs with i == j
  std::string title = "Attention mask";
};

namespace detail {

/// The mask in square blocks of pairs: share[row * cols + col] of each block is attended.
struct DensityGrid {
  static constexpr Index largest = 64;  // cells a side: more are too small to be told apart
  Index block = 1;
  Index rows = 0;
  Index cols = 0;
  Index pairs = 0;
  std::vector<double> share;
};

template <Pattern P>
DensityGrid density_grid(const P& pattern, Index n, Index m) {
  DensityGrid grid;
  grid.block = max(1, ceil_div(max(n, m), DensityGrid::largest));
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

/// The colour at `t` in [0, 1] on the way from one to another, as #rrggbb.
inline std::string mix(unsigned from, unsigned to, double t) {
  std::string colour = "#";
  for (const unsigned shift : {16u, 8u, 0u}) {
    const double a = (from >> shift) & 255u, b = (to >> shift) & 255u;
    const unsigned channel = static_cast<unsigned>(std::lround(a + t * (b - a)));
    colour += "0123456789abcdef"[channel / 16];
    colour += "0123456789abcdef"[channel % 16];
  }
  return colour;
}

inline std::string xml_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return escaped;
}

/// Adds strings, and whole numbers in digits, to the end of `text`.
template <class... Parts>
void append(std::string& text, const Parts&... parts) {
  const auto add = [&](const auto& part) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(part)>>) {
      text += std::to_string(part);
    } else {
      text += part;
    }
  };
  (add(parts), ...);
}

/// The cells as paths, one for each shade that occurs, on the diagonal and off it.
inline std::string svg_cells(const DensityGrid& grid, const SvgStyle& style, Index pitch,
                             Index margin) {
  constexpr int shades = 48;
  std::array<std::array<std::string, shades + 1>, 2> squares;
  // Few cells are large, and their corners round: a stroke of the fill's colour with round joins.
  const Index round = max(grid.rows, grid.cols) <= 40 ? 2 : 0;
  const Index side = pitch - 2 - 2 * round;
  for (Index r = 0; r < grid.rows; ++r) {
    for (Index c = 0; c < grid.cols; ++c) {
      // The square root lifts thin patterns: one key in 64 is a shade of 1/8, not of 1/64. What
      // holds a single pair is rounded up, so only cells with none at all look empty.
      const double share = grid.share[static_cast<std::size_t>(r * grid.cols + c)];
      const auto shade = static_cast<std::size_t>(std::ceil(shades * std::sqrt(share)));
      append(squares[r == c][shade], "M", margin + c * pitch + 1 + round, " ",
             margin + r * pitch + 1 + round, "h", side, "v", side, "h-", side, "z");
    }
  }
  std::string paths;
  for (const bool diagonal : {false, true}) {
    for (std::size_t shade = 0; shade <= shades; ++shade) {
      if (squares[diagonal][shade].empty()) continue;
      const double t = static_cast<double>(shade) / shades;
      // What holds a pair starts a clear step above what holds none; and the diagonal a step above
      // all the rest, so that it can be followed where it is empty.
      const std::string colour = diagonal    ? mix(style.empty, style.diagonal, 0.2 + 0.8 * t)
                                 : shade > 0 ? mix(style.empty, style.attended, 0.1 + 0.9 * t)
                                             : mix(style.empty, style.attended, 0);
      append(paths, "<path fill=\"", colour, "\"");
      if (round > 0) {
        append(paths, " stroke=\"", colour, "\" stroke-width=\"", 2 * round,
               "\" stroke-linejoin=\"round\"");
      }
      append(paths, " d=\"", squares[diagonal][shade], "\"/>\n");
    }
  }
  return paths;
}

}  // namespace detail

/// The mask as a complete SVG document: rows are queries, columns are keys, the diagonal darker.
/// Up to 64 queries and keys, each pair is a cell. Beyond, a cell is a square block of pairs, at
/// most 64 cells a side, shaded by the square root of its exact density.
/// Cost: 64 * 64 * O(log) for each band. Throws std::invalid_argument where a size is negative.
///
///     std::ofstream("mask.svg") << svg(Local<5>{} | Strided<8>{}, 32);
///     std::ofstream("long.svg") << svg(Local<256>{} | Strided<256>{}, 65536);
///     std::ofstream("wide.svg") << svg(Causal{}, 16, 48, {.title = "16 queries, 48 keys"});
template <Pattern P>
std::string svg(const P& pattern, Index n, Index m, const SvgStyle& style = {}) {
  detail::check_sizes("svg", n, m);
  const detail::DensityGrid grid = detail::density_grid(pattern, n, m);
  constexpr Index pitch = 16, margin = 12;
  const Index width = grid.cols * pitch + 2 * margin, height = grid.rows * pitch + 2 * margin;
  const Index longer = detail::max(width, height);
  const auto pixels = [&](Index side) {
    return detail::max(1, (side * style.size + longer / 2) / longer);
  };
  const auto mille = std::lround(1000 * density(pattern, n, m));
  std::string picture;
  detail::append(picture, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"",
                 pixels(width), "\" height=\"", pixels(height), "\" viewBox=\"0 0 ", width, " ",
                 height, "\">\n<title>", detail::xml_text(style.title), "</title>\n<desc>", n,
                 " queries (rows), ", m, " keys (columns): ", grid.pairs,
                 " pairs attended, density ", mille / 10, ".", mille % 10, " %.");
  if (grid.block > 1) {
    detail::append(picture, " Each cell is ", grid.block, " by ", grid.block,
                   " pairs, shaded by the square root of its density.");
  }
  detail::append(picture, "</desc>\n<rect width=\"", width, "\" height=\"", height,
                 "\" rx=\"8\" fill=\"", detail::mix(style.background, 0, 0), "\"/>\n",
                 detail::svg_cells(grid, style, pitch, margin), "</svg>\n");
  return picture;
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
std::string svg(const P& pattern, Index n, const SvgStyle& style = {}) {
  return svg(pattern, n, n, style);
}

}  // namespace tartan
