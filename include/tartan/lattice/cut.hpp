// Cutting bands out of one another. Layer: lattice.
#pragma once

#include <algorithm>
#include <vector>

#include "band.hpp"

namespace tartan::detail {

/// Into how many residue classes `whole` falls apart so that each lies on `cut` or off it.
constexpr Index classes(const Lattice& whole, const Lattice& cut) {
  return cut.step / std::gcd(cut.step, whole.step);
}

/// The members of a lattice whose index is `residue` modulo `classes`.
constexpr Lattice residue_of(const Lattice& whole, Index residue, Index classes) {
  return {whole.start + residue * whole.step, whole.step * classes,
          max(0, ceil_div(whole.count - residue, classes))};
}

/// Calls visit(piece) for at most six bands, with the pairs of `whole` that are not in `cut`, each
/// in one of them. Precondition: the lattices of `whole` lie on those of `cut`.
constexpr void subtract(const Band& whole, const Band& cut, auto&& visit) {
  const Lattice& rows = whole.rows;
  const Lattice& keys = whole.keys;
  const Lattice mid_rows = rows.within(cut.rows.start, cut.rows.end());
  const Lattice mid_keys = keys.within(cut.keys.start, cut.keys.end());
  const auto part = [&](const Lattice& r, const Lattice& k, Bound lower, Bound upper) {
    const Band piece{
        r, k, {max(lower.offset, whole.lower.offset)}, {min(upper.offset, whole.upper.offset)}};
    if (!piece.empty()) visit(piece);
  };
  const Bound below = Bound::none_below(), above = Bound::none_above();
  if (mid_rows.empty() || mid_keys.empty() || cut.lower.offset > cut.upper.offset) {
    part(rows, keys, below, above);
    return;
  }
  part(rows.within(rows.start, cut.rows.start), keys, below, above);
  part(rows.within(cut.rows.end(), rows.end()), keys, below, above);
  part(mid_rows, keys.within(keys.start, cut.keys.start), below, above);
  part(mid_rows, keys.within(cut.keys.end(), keys.end()), below, above);
  if (cut.lower.offset > below.offset) part(mid_rows, mid_keys, below, {cut.lower.offset - 1});
  if (cut.upper.offset < above.offset) part(mid_rows, mid_keys, {cut.upper.offset + 1}, above);
}

/// Cuts bands out of bands. Keeps its memory from one to the next.
class Cutter {
 public:
  constexpr void clear() { cuts_.clear(); }

  /// One more band to be cut out of `whole`. False where lattices cross in so many classes that
  /// pieces would be too many.
  constexpr bool add(const Band& whole, const Band& cut) {
    if (intersect(whole, cut).empty()) return true;
    cuts_.push_back(cut);
    const Index rows = classes(whole.rows, cut.rows), keys = classes(whole.keys, cut.keys);
    return rows <= most_row_classes &&
           (keys <= few_key_classes || (keys <= most_key_classes && whole.keys.count >= 8 * keys));
  }

  /// Calls visit(piece) for bands with the pairs of `whole` that are in none of the bands added,
  /// each in one of them.
  constexpr void cut(const Band& whole, auto&& visit) {
    const auto above = [](const Band& a, const Band& b) { return a.rows.start < b.rows.start; };
    if (!std::is_sorted(cuts_.begin(), cuts_.end(), above)) {
      std::sort(cuts_.begin(), cuts_.end(), above);
    }
    todo_.clear();
    todo_.push_back({whole, 0});
    while (!todo_.empty()) {
      Piece piece = todo_.back();
      todo_.pop_back();
      piece.next = next_cut(piece);
      if (piece.next == cuts_.size()) {
        visit(piece.band);
      } else {
        const std::size_t first = todo_.size();
        cut(piece.band, cuts_[piece.next], piece.next + 1);
        std::reverse(todo_.begin() + static_cast<std::ptrdiff_t>(first), todo_.end());
      }
    }
  }

 private:
  // More classes of rows are passes of few rows each, more classes of keys runs of few keys.
  static constexpr Index most_row_classes = 8, few_key_classes = 16, most_key_classes = 64;

  struct Piece {
    Band band;
    std::size_t next;  ///< of the cuts, the first that may share a pair with it
  };

  constexpr std::size_t next_cut(const Piece& piece) const {
    for (std::size_t x = piece.next; x < cuts_.size(); ++x) {
      if (cuts_[x].rows.start >= piece.band.rows.end()) break;
      if (!intersect(piece.band, cuts_[x]).empty()) return x;
    }
    return cuts_.size();
  }

  /// Adds what is left of `whole` without `cut` to the pieces to do.
  constexpr void cut(const Band& whole, const Band& cut, std::size_t next) {
    const Index row_classes = classes(whole.rows, cut.rows);
    const Index key_classes = classes(whole.keys, cut.keys);
    for (Index r = 0; r < row_classes; ++r) {
      for (Index k = 0; k < key_classes; ++k) {
        const Band part{residue_of(whole.rows, r, row_classes),
                        residue_of(whole.keys, k, key_classes), whole.lower, whole.upper};
        if (part.empty()) continue;
        if (refines(cut.rows, part.rows) && refines(cut.keys, part.keys)) {
          subtract(part, cut, [&](const Band& left) { todo_.push_back({left, next}); });
        } else {
          todo_.push_back({part, next});
        }
      }
    }
  }

  std::vector<Band> cuts_;
  std::vector<Piece> todo_;
};

}  // namespace tartan::detail
