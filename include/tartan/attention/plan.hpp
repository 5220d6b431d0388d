// A plan: a pattern's bands within one call's extent, sorted so that the bands of a class of rows
// stand together. Integers only; from here on the pattern's type is no longer known. Layer:
// attention.
#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <optional>
#include <span>
#include <tuple>
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
  /// Where the band's first and last rows have the keys of a row between them, as at the border of
  /// a grid whose windows are shifted: the rows between, which have their own.
  std::optional<Lattice> moving{};

  /// The row whose keys row i has.
  Index mover(Index i) const {
    return moving ? std::clamp(i, moving->start, (*moving)[moving->count - 1]) : i;
  }

  /// The number of keys of each row where it is the same for all, one further from row to row, but
  /// where the band's keys end; else 0.
  Index shear() const {
    const auto none = [](const Bound& b) {
      return b == Bound::none_below() || b == Bound::none_above();
    };
    if (keep || hole || band.rows.step != band.keys.step || none(band.lower) || none(band.upper)) {
      return 0;
    }
    const Index i = band.rows.start;
    return max(0, band.keys.index_at_or_before(band.upper(i)) -
                      band.keys.index_at_or_after(band.lower(i)) + 1);
  }

  /// About how many rows: 2^(span - 1) <= rows < 2^span.
  int span() const {
    return static_cast<int>(std::bit_width(static_cast<std::size_t>(band.rows.count)));
  }
};

class Plan {
 public:
  template <Pattern P>
  Plan(const P& pattern, const Extent& extent) : extent_(extent) {
    for_each_band(pattern, extent, [&]<class Keep>(const Band& band, const Keep& keep) {
      if (bands_.size() == bands_.capacity()) bands_.reserve(4 * bands_.size() + 4);
      if constexpr (!std::same_as<Keep, KeepAll>) {
        bands_.push_back({band, {}, keep, row_class(band.rows)});
      } else if (bands_.empty() ||
                 (!join(bands_.back(), band) && !join_shifted(bands_.back(), band))) {
        bands_.push_back({band, {}, nullptr, row_class(band.rows)});
      }
    });
    const auto before = [](const PlannedBand& a, const PlannedBand& b) {
      return std::tuple{a.rows, -a.span(), a.band.rows.start} <
             std::tuple{b.rows, -b.span(), b.band.rows.start};
    };
    if (!std::is_sorted(bands_.begin(), bands_.end(), before)) {
      std::stable_sort(bands_.begin(), bands_.end(), before);
    }
    for (const PlannedBand& b : bands_) {
      if (steps_.empty() || steps_.back() != b.band.rows.step) steps_.push_back(b.band.rows.step);
    }
    if (steps_.empty()) steps_.push_back(1);
    std::reverse(steps_.begin(), steps_.end());
    find_lines();
  }

  const Extent& extent() const { return extent_; }

  /// The distinct steps of the bands' rows, coarsest first: each is a pass over all rows. At least
  /// one.
  const std::vector<Index>& steps() const { return steps_; }

  /// Where the bands are mostly narrow and repeat at a distance, as those of a grid do from line to
  /// line: that distance in positions; else 0.
  Index line() const { return line_; }
  /// The most keys that a row has in one of these bands.
  Index line_keys() const { return line_keys_; }

  /// The bands whose rows are of the given class: those of most rows first, and of about as many by
  /// their first row.
  std::span<const PlannedBand> bands(const RowClass& rows) const {
    const auto first = std::partition_point(bands_.begin(), bands_.end(),
                                            [&](const PlannedBand& b) { return b.rows < rows; });
    const auto last = std::partition_point(first, bands_.end(),
                                           [&](const PlannedBand& b) { return b.rows == rows; });
    return {bands_.data() + (first - bands_.begin()), static_cast<std::size_t>(last - first)};
  }

  /// Calls visit(band) for the bands of the class that may have one of these rows, in their order.
  /// Cost: logarithmic in the number of bands, but for those visited.
  template <class Visit>
  void visit_bands(const RowClass& rows, const Lattice& positions, Visit&& visit) const {
    const std::span<const PlannedBand> all = bands(rows);
    for (auto begin = all.begin(); begin != all.end();) {
      const int span = begin->span();
      const auto end = std::partition_point(begin, all.end(),
                                            [&](const PlannedBand& b) { return b.span() == span; });
      const Index too_early = positions.start - (Index{1} << span) * rows.step;
      auto band = std::partition_point(
          begin, end, [&](const PlannedBand& b) { return b.band.rows.start <= too_early; });
      for (; band != end && band->band.rows.start < positions.end(); ++band) visit(*band);
      begin = end;
    }
  }

 private:
  /// Keys that are computed and masked rather than cut out, at the most: a second band costs a tile
  /// about as much as this many keys (its ragged ends and another softmax step).
  static constexpr Index widest_hole = 16;

  /// Joins `next` to `left` where both are parts of one band and little lies between them.
  static bool join(PlannedBand& left, const Band& next) {
    const Band& band = left.band;
    const Index hole = next.lower.offset - band.upper.offset - 1;
    if (left.keep || left.hole || left.moving || band.rows != next.rows || band.keys != next.keys ||
        hole < 0 || hole / band.keys.step > widest_hole) {
      return false;
    }
    left.hole = {{band.upper.offset + 1}, {next.lower.offset - 1}};
    left.band.upper = next.upper;
    return true;
  }

  /// Rows that move, at the least: as many as a vector has lanes, so that in none both ends stay.
  static constexpr Index fewest_moving = 16;

  /// Joins rows that have the keys of their neighbour in the next band, or of that in the band
  /// before.
  static bool join_shifted(PlannedBand& left, const Band& next) {
    const Band& band = left.band;
    const auto unbounded = [](const Band& b) {
      return b.lower == Bound::none_below() && b.upper == Bound::none_above();
    };
    const auto has_keys = [](const Band& b, Index i, const Lattice& keys) {
      const KeyRun run = b.keys_of(i);
      return b.keys.step == keys.step && run.count() == keys.count &&
             b.keys[run.first] == keys.start;
    };
    if (left.keep || left.hole || band.rows.step != next.rows.step ||
        band.rows[band.rows.count] != next.rows.start) {
      return false;
    }
    const Lattice rows{band.rows.start, band.rows.step, band.rows.count + next.rows.count};
    if (unbounded(band) && next.rows.count >= fewest_moving &&
        PlannedBand{next, {}, nullptr}.shear() > 0 && has_keys(next, next.rows.start, band.keys)) {
      left.band = {rows, next.keys, next.lower, next.upper};
      left.moving = next.rows;
    } else if (left.moving && unbounded(next) &&
               has_keys(band, (*left.moving)[left.moving->count - 1], next.keys)) {
      left.band.rows = rows;
    } else {
      return false;
    }
    return true;
  }

  static constexpr Index widest_in_lines = 64;

  /// A majority vote on the distances between rows with several narrow bands each.
  void find_lines() {
    Index votes = 0, lines = 0, beside = 0;
    const PlannedBand* before = nullptr;
    for (const PlannedBand& b : bands_) {
      const Index width = b.shear();
      if (width == 0 || width > widest_in_lines) continue;
      line_keys_ = max(line_keys_, width);
      if (before && before->rows == b.rows && before->span() == b.span()) {
        const Index distance = b.band.rows.start - before->band.rows.start;
        if (distance == 0) {
          ++beside;
        } else {
          if (votes == 0) line_ = distance;
          votes += distance == line_ ? 1 : -1;
          ++lines;
        }
      }
      before = &b;
    }
    if (votes <= 0 || beside < lines) line_ = 0;
  }

  Extent extent_;
  Index line_ = 0;
  Index line_keys_ = 0;
  std::vector<PlannedBand> bands_;
  std::vector<Index> steps_;
};

}  // namespace tartan::detail
