// A matrix of attention weights as a picture. Layer: queries.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "picture.hpp"

namespace tartan {
namespace detail {

/// 0 <= value < infinity. By its bits, and so under -ffast-math too; -0 is 0.
inline bool is_weight(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return bits <= std::bit_cast<std::uint64_t>(std::numeric_limits<double>::max()) ||
         bits == std::bit_cast<std::uint64_t>(-0.0);
}

/// From `empty` over `attended` to `diagonal`; the first shade starts a clear step above empty.
inline std::vector<unsigned> heat_palette(const PictureStyle& style) {
  constexpr unsigned half = shades / 2;
  std::vector<unsigned> palette{style.empty};
  for (unsigned s = 1; s <= half; ++s) {
    palette.push_back(mix(style.empty, style.attended, s + 1, half + 1));
  }
  for (unsigned s = 1; s <= half; ++s) {
    palette.push_back(mix(style.attended, style.diagonal, s, half));
  }
  return palette;
}

}  // namespace detail

/// The matrix as a picture of one panel, row 0 at the top: from light where a value is 0 to dark
/// red where it is the largest (or style.darkest, and above). Shades go with the square root of
/// values, as those of masks go with that of densities; a value above 0 never looks as 0 does.
/// Beyond 64 rows or columns a cell is the mean of a square block. values: n×m, of any scalar that
/// converts to double. Cost: a copy of it in double. Throws std::invalid_argument where a value is
/// negative or not finite.
///
///     Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(q.rows(), k.rows());
///     for (const auto& row : attention_weights(q, k, mask, rows)) {
///       for (std::size_t x = 0; x < row.keys.size(); ++x) {
///         weights(row.row, row.keys[x]) = row.weights[x];
///       }
///     }
///     std::ofstream("weights.svg") << svg(heat_map(weights, {.title = "Attention weights"}));
template <class Derived>
Picture heat_map(const Eigen::MatrixBase<Derived>& values, const PictureStyle& style = {}) {
  const Eigen::Matrix<double, Dynamic, Dynamic> v = values.template cast<double>();
  for (Index i = 0; i < v.rows(); ++i) {
    for (Index j = 0; j < v.cols(); ++j) {
      if (detail::is_weight(v(i, j))) continue;
      throw std::invalid_argument("tartan: heat_map: values must be finite and >= 0, got " +
                                  std::to_string(v(i, j)) + " at (" + std::to_string(i) + ", " +
                                  std::to_string(j) + ")");
    }
  }
  const Index block =
      detail::max(1, detail::ceil_div(detail::max(v.rows(), v.cols()), detail::most_cells));
  Eigen::Matrix<double, Dynamic, Dynamic> means(detail::ceil_div(v.rows(), block),
                                                detail::ceil_div(v.cols(), block));
  double largest = 0;
  for (Index r = 0; r < means.rows(); ++r) {
    for (Index c = 0; c < means.cols(); ++c) {
      means(r, c) = v.block(r * block, c * block, detail::min(block, v.rows() - r * block),
                            detail::min(block, v.cols() - c * block))
                        .mean();
      largest = means(r, c) > largest ? means(r, c) : largest;
    }
  }
  const double darkest = style.darkest > 0 ? style.darkest : largest;
  Panel panel{means.rows(), means.cols(), detail::heat_palette(style), {}, style.caption, ""};
  for (Index r = 0; r < means.rows(); ++r) {
    for (Index c = 0; c < means.cols(); ++c) {
      const double share = darkest > 0 ? std::fmin(1.0, means(r, c) / darkest) : 0.0;
      panel.cells.push_back(
          static_cast<std::uint8_t>(std::ceil(detail::shades * std::sqrt(share))));
    }
  }
  detail::append(panel.description, v.rows(), " rows, ", v.cols(),
                 " columns, shaded by the square root of their values.");
  if (block > 1) {
    detail::append(panel.description, " Each cell is the mean of ", block, " by ", block,
                   " values.");
  }
  Picture picture{{}, style};
  picture.panels.push_back(std::move(panel));
  return picture;
}

}  // namespace tartan
