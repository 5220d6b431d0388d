// A plan: a pattern's bands within one call's extent, sorted so that the bands of a class of rows
// stand together. Integers only; from here on the pattern's type is no longer known. Layer:
// attention.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "../patterns/pattern.hpp"

namespace tartan::detail {

/// Rows that are worked on together: those congruent to `residue` modulo `step`.
struct RowClass {
  Index step;
  Index residue;
  auto operator<=>(const RowClass&) const = default;
};

inline RowClass row_class(const Lattice& rows) {
  return {rows.step, floor_mod(rows.start, rows.step)};
}

/// A band with a hole and a filter. A pattern that was cut out of the middle of a band left two,
/// one on each side; where little was cut, they are worked on as one, with the middle masked.
struct PlannedBand {
  struct Hole {
    Bound lower;
    Bound upper;
  };
  Band band;
  std::optional<Hole> hole;
  std::function<bool(Index, Index)> keep;  ///< empty: every pair is kept
  RowClass rows{};                         ///< of band.rows
};

class Plan {
 public:
  template <Pattern P>
  Plan(const P& pattern, const Extent& extent) : extent_(extent) {
    for_each_band(pattern, extent, [&]<class Keep>(const Band& band, const Keep& keep) {
      if (bands_.size() == bands_.capacity()) bands_.reserve(4 * bands_.size() + 4);
      if constexpr (!std::same_as<Keep, KeepAll>) {
        bands_.push_back({band, {}, keep, row_class(band.rows)});
      } else if (bands_.empty() || !join(bands_.back(), band)) {
        bands_.push_back({band, {}, nullptr, row_class(band.rows)});
      }
    });
    const auto before = [](const PlannedBand& a, const PlannedBand& b) {
      return std::pair{a.rows, a.band.rows.start} < std::pair{b.rows, b.band.rows.start};
    };
    if (!std::is_sorted(bands_.begin(), bands_.end(), before)) {
      std::stable_sort(bands_.begin(), bands_.end(), before);
    }
    for (const PlannedBand& b : bands_) {
      if (steps_.empty() || steps_.back() != b.band.rows.step) steps_.push_back(b.band.rows.step);
    }
    if (steps_.empty()) steps_.push_back(1);
    std::reverse(steps_.begin(), steps_.end());
  }

  const Extent& extent() const { return extent_; }

  /// The distinct steps of the bands' rows, coarsest first: each is a pass over all rows. At least
  /// one.
  const std::vector<Index>& steps() const { return steps_; }

  /// The bands whose rows are of the given class, by their first row.
  std::span<const PlannedBand> bands(const RowClass& rows) const {
    const auto first = std::partition_point(bands_.begin(), bands_.end(),
                                            [&](const PlannedBand& b) { return b.rows < rows; });
    const auto last = std::partition_point(first, bands_.end(),
                                           [&](const PlannedBand& b) { return b.rows == rows; });
    return {bands_.data() + (first - bands_.begin()), static_cast<std::size_t>(last - first)};
  }

 private:
  /// Keys that are computed and masked rather than cut out, at the most: a second band costs a tile
  /// about as much as this many keys (its ragged ends and another softmax step).
  static constexpr Index widest_hole = 16;

  /// Joins `next` to `left` where both are parts of one band and little lies between them.
  static bool join(PlannedBand& left, const Band& next) {
    const Band& band = left.band;
    const Index hole = next.lower.offset - band.upper.offset - 1;
    if (left.keep || left.hole || band.rows != next.rows || band.keys != next.keys || hole < 0 ||
        hole / band.keys.step > widest_hole) {
      return false;
    }
    left.hole = {{band.upper.offset + 1}, {next.lower.offset - 1}};
    left.band.upper = next.upper;
    return true;
  }

  Extent extent_;
  std::vector<PlannedBand> bands_;
  std::vector<Index> steps_;
};

}  // namespace tartan::detail
