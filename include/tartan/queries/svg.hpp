// Pictures as SVG, for a README or a paper. Layer: queries.
#pragma once

#include <string>
#include <vector>

#include "mask_picture.hpp"

namespace tartan {
namespace detail {

/// #rrggbb
inline std::string svg_colour(unsigned colour) {
  std::string text = "#";
  for (const unsigned shift : {20u, 16u, 12u, 8u, 4u, 0u}) {
    text += "0123456789abcdef"[(colour >> shift) & 15u];
  }
  return text;
}

inline std::string xml_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  return escaped;
}

/// The cells as paths, one for each colour of the palette that occurs.
inline std::string svg_cells(const Panel& panel, const PictureLayout::Spot& at, Index pitch) {
  std::vector<std::string> squares(panel.palette.size());
  // Few cells are large, and their corners round: a stroke of the fill's colour with round joins.
  const Index round = max(panel.rows, panel.cols) <= 40 ? 2 : 0;
  const Index side = pitch - 2 - 2 * round;
  for (std::size_t cell = 0; cell < panel.cells.size(); ++cell) {
    const Index r = static_cast<Index>(cell) / panel.cols,
                c = static_cast<Index>(cell) % panel.cols;
    append(squares[panel.cells[cell]], "M", at.x + c * pitch + 1 + round, " ",
           at.y + r * pitch + 1 + round, "h", side, "v", side, "h-", side, "z");
  }
  std::string paths;
  for (std::size_t x = 0; x < squares.size(); ++x) {
    if (squares[x].empty()) continue;
    const std::string colour = svg_colour(panel.palette[x]);
    append(paths, "<path fill=\"", colour, "\"");
    if (round > 0) {
      append(paths, " stroke=\"", colour, "\" stroke-width=\"", 2 * round,
             "\" stroke-linejoin=\"round\"");
    }
    append(paths, " d=\"", squares[x], "\"/>\n");
  }
  return paths;
}

/// The size of captions, in a picture whose `pixels` show `units`: 14 pixels, or what the longest
/// one leaves of its panel's width. A letter is 0.6 of its size wide.
inline Index svg_font(const Picture& picture, Index panel_width, Index units, Index pixels) {
  Index letters = 1;
  for (const Panel& panel : picture.panels) {
    Index count = 0;  // of UTF-8: bytes that do not continue a letter
    for (const char c : panel.caption) count += (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    letters = max(letters, count);
  }
  return max(1, min(14 * units / max(1, pixels), 10 * panel_width / (6 * letters)));
}

}  // namespace detail

/// The picture as a complete SVG document, with captions below the panels that have one.
///
///     std::ofstream("layers.svg") << svg(schedule_picture(Alternate{Local{9}, Strided{8}}, 4,
///     32));
inline std::string svg(const Picture& picture) {
  constexpr Index pitch = 16, margin = 12;
  const PictureStyle& style = picture.style;
  const detail::PictureLayout bare = detail::layout_of(picture, pitch, margin, 0);
  const Index font = detail::svg_font(picture, bare.panel_width, bare.longer(), style.size);
  const detail::PictureLayout layout = detail::layout_of(picture, pitch, margin, 3 * font / 2);
  const Index longer = layout.longer();
  const auto pixels = [&](Index side) {
    return detail::max(1, (side * style.size + longer / 2) / longer);
  };
  std::string text;
  detail::append(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"",
                 pixels(layout.width), "\" height=\"", pixels(layout.height), "\" viewBox=\"0 0 ",
                 layout.width, " ", layout.height, "\">\n<title>", detail::xml_text(style.title),
                 "</title>\n<desc>");
  for (std::size_t p = 0; p < picture.panels.size(); ++p) {
    const Panel& panel = picture.panels[p];
    detail::append(text, p > 0 ? " " : "", detail::xml_text(panel.caption),
                   panel.caption.empty() ? "" : ": ", panel.description);
  }
  detail::append(text, "</desc>\n<rect width=\"", layout.width, "\" height=\"", layout.height,
                 "\" rx=\"8\" fill=\"", detail::svg_colour(style.background), "\"/>\n");
  for (std::size_t p = 0; p < picture.panels.size(); ++p) {
    const Panel& panel = picture.panels[p];
    const auto& at = layout.panels[p];
    text += detail::svg_cells(panel, at, pitch);
    if (panel.caption.empty()) continue;
    detail::append(text, "<text x=\"", at.x + panel.cols * pitch / 2, "\" y=\"",
                   at.y + layout.panel_height + 5 * font / 4, "\" font-family=\"sans-serif\" ",
                   "font-size=\"", font, "\" text-anchor=\"middle\" fill=\"",
                   detail::svg_colour(style.text), "\">", detail::xml_text(panel.caption),
                   "</text>\n");
  }
  return text + "</svg>\n";
}

/// The mask as a complete SVG document: svg(mask_picture(pattern, n, m, style)). Up to 64 queries
/// and keys each pair is a cell; beyond, a cell is a block, shaded by the square root of its
/// density. Throws std::invalid_argument where a size is negative.
///
///     std::ofstream("mask.svg") << svg(Local<5>{} | Strided<8>{}, 32);
///     std::ofstream("long.svg") << svg(Local<256>{} | Strided<256>{}, 65536);
///     std::ofstream("wide.svg") << svg(Causal{}, 16, 48, {.title = "16 queries, 48 keys"});
template <Pattern P>
std::string svg(const P& pattern, Index n, Index m, const PictureStyle& style = {}) {
  detail::check_sizes("svg", n, m);
  return svg(mask_picture(pattern, n, m, style));
}

/// The same for as many keys as queries: m = n.
template <Pattern P>
std::string svg(const P& pattern, Index n, const PictureStyle& style = {}) {
  return svg(pattern, n, n, style);
}

}  // namespace tartan
