// A picture before it is SVG or PNG: panels of coloured cells, beside each other. What to draw is
// in mask_picture.hpp, schedule_picture.hpp and heat_map.hpp; svg() and write_png() draw it. Layer:
// queries.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "../lattice/index.hpp"

namespace tartan {

/// How a picture looks. Colours are 0xRRGGBB.
struct PictureStyle {
  Index size = 480;                ///< pixels on the longer side; an SVG scales freely
  unsigned background = 0xf7f5f0;  ///< behind and between the cells
  unsigned empty = 0xe6e2d9;       ///< a cell with no attended pair, or of value 0
  unsigned attended = 0xc2453d;    ///< a cell with all its pairs attended; half-way in a heat map
  unsigned diagonal = 0x6b1a1f;    ///< the same where i == j; the darkest cell of a heat map
  unsigned text = 0x4a443c;        ///< captions
  Index per_row = 4;               ///< panels beside each other, before a new row of them begins
  double darkest = 0;              ///< the value of a heat map's darkest cell; 0: its largest
  std::string title = "Attention mask";
  std::string caption = "";  ///< below a panel, in SVG: a short one, and none by default
};

/// A rectangle of cells: one mask, or one heat map.
struct Panel {
  Index rows = 0;
  Index cols = 0;
  std::vector<unsigned> palette;    ///< colours
  std::vector<std::uint8_t> cells;  ///< rows * cols of them, row by row: indices into the palette
  std::string caption;
  std::string description;  ///< sentences for who cannot see it
};

/// Panels, and the style that all of them are drawn in.
struct Picture {
  std::vector<Panel> panels;
  PictureStyle style;
};

/// The panels of all pictures in one, in this order, `style.per_row` of them beside each other.
/// Each keeps its cells, colours and caption.
///
///     const Picture both = beside({mask_picture(mask, 32, {.caption = "mask"}),
///                                  heat_map(weights, {.caption = "weights"})});
inline Picture beside(const std::vector<Picture>& pictures, const PictureStyle& style = {}) {
  Picture all{{}, style};
  for (const Picture& picture : pictures) {
    for (const Panel& panel : picture.panels) all.panels.push_back(panel);
  }
  return all;
}

namespace detail {

/// Cells on a panel's side: more are too small to be told apart. Beyond, a cell is a block.
inline constexpr Index most_cells = 64;

/// Shades of a palette above the empty one.
inline constexpr int shades = 48;

/// The colour a part/whole of the way from one to another. In integers: the same everywhere.
constexpr unsigned mix(unsigned from, unsigned to, unsigned part, unsigned whole) {
  unsigned colour = 0;
  for (const unsigned shift : {16u, 8u, 0u}) {
    const unsigned a = (from >> shift) & 255u, b = (to >> shift) & 255u;
    colour |= ((2 * (a * (whole - part) + b * part) + whole) / (2 * whole)) << shift;
  }
  return colour;
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

/// Where everything is: the picture's sides, and each panel's first cell.
struct PictureLayout {
  struct Spot {
    Index x = 0;
    Index y = 0;
  };

  Index width = 0;
  Index height = 0;
  Index panel_width = 0;   // of the largest
  Index panel_height = 0;  // its caption not counted
  std::vector<Spot> panels;

  Index longer() const { return max(width, height); }
};

/// Cells are `pitch` apart; `caption` is left below each panel, where there is a caption at all.
inline PictureLayout layout_of(const Picture& picture, Index pitch, Index margin, Index caption) {
  PictureLayout layout;
  bool captions = false;
  for (const Panel& panel : picture.panels) {
    layout.panel_width = max(layout.panel_width, panel.cols * pitch);
    layout.panel_height = max(layout.panel_height, panel.rows * pitch);
    captions = captions || !panel.caption.empty();
  }
  const Index count = static_cast<Index>(picture.panels.size());
  const Index across = max(1, min(count, picture.style.per_row));
  const Index down = max(1, ceil_div(count, across));
  const Index right = layout.panel_width + 2 * margin;
  const Index below = layout.panel_height + (captions ? caption : 0) + 2 * margin;
  layout.width = across * right;
  layout.height = down * below;
  for (Index p = 0; p < count; ++p) {
    layout.panels.push_back({margin + p % across * right, margin + p / across * below});
  }
  return layout;
}

}  // namespace detail
}  // namespace tartan
