// A band: rows and keys on two lattices, and between two diagonals everything is attended.
// The one representation that every pattern is turned into (docs/design.md). Layer: lattice.
#pragma once

#include <limits>

#include "lattice.hpp"

namespace tartan {

/// A bound on the keys of row i that does not decrease with i: key position i + offset.
struct Bound {
  Index offset;

  static constexpr Index far = std::numeric_limits<Index>::max() / 4;
  static constexpr Bound none_below() { return {-far}; }
  static constexpr Bound none_above() { return {far}; }

  /// The bound at `offset`, or none where that is further than any sequence is long.
  static constexpr Bound at(Index offset) { return {detail::max(-far, detail::min(far, offset))}; }

  /// The bound `by` further on; none stays none.
  constexpr Bound moved(Index by) const {
    return offset == -far || offset == far ? *this : Bound{offset + by};
  }

  constexpr Index operator()(Index i) const { return i + offset; }
  constexpr bool operator==(const Bound&) const = default;
};

/// A run of lattice indices, first to last, both counted; empty where first > last.
struct KeyRun {
  Index first;
  Index last;
  constexpr Index count() const { return detail::max(0, last - first + 1); }
};

/// The pairs (i, j) with i on `rows`, j on `keys` and lower(i) <= j <= upper(i).
struct Band {
  Lattice rows;
  Lattice keys;
  Bound lower = Bound::none_below();
  Bound upper = Bound::none_above();

  constexpr bool contains(Index i, Index j) const {
    return rows.contains(i) && keys.contains(j) && lower(i) <= j && j <= upper(i);
  }

  /// The keys of row i, as indices into `keys`. Precondition: i is on `rows`.
  constexpr KeyRun keys_of(Index i) const {
    const Index low = lower.offset == -Bound::far ? 0 : keys.index_at_or_after(lower(i));
    const Index high =
        upper.offset == Bound::far ? keys.count - 1 : keys.index_at_or_before(upper(i));
    return {detail::max(0, low), detail::min(keys.count - 1, high)};
  }

  /// True where no pair can be in the band, seen without walking it.
  constexpr bool empty() const {
    return rows.empty() || keys.empty() || lower.offset > upper.offset ||
           lower(rows.start) > keys.end() - 1 || upper(rows.end() - 1) < keys.start;
  }

  constexpr bool operator==(const Band&) const = default;
};

/// The pairs of both bands: again a band.
constexpr Band intersect(const Band& a, const Band& b) {
  return {intersect(a.rows, b.rows),
          intersect(a.keys, b.keys),
          {detail::max(a.lower.offset, b.lower.offset)},
          {detail::min(a.upper.offset, b.upper.offset)}};
}

/// The rows and keys in question: rows at positions [row_begin, row_end), keys at [0, key_end).
struct Extent {
  Index row_begin = 0;
  Index row_end = 0;
  Index key_end = 0;

  constexpr Lattice rows() const { return Lattice::range(row_begin, row_end); }
  constexpr Lattice keys() const { return Lattice::range(0, key_end); }
  constexpr Lattice rows(Index residue, Index step) const {
    return Lattice::residue_class(residue, step, row_begin, row_end);
  }
  constexpr Lattice keys(Index residue, Index step) const {
    return Lattice::residue_class(residue, step, 0, key_end);
  }
  constexpr bool operator==(const Extent&) const = default;
};

}  // namespace tartan
