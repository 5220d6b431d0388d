// From a band to the lanes of a tile: which keys each lane attends, as indices into the band's
// keys. Layer: attention.
#pragma once

#include "../kernel/tile.hpp"
#include "plan.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// Writes a bound's key for each of `rows`, as an index into `keys` clipped to [-1, keys.count].
/// `rounded` turns a position into an index: Lattice::index_at_or_after or index_at_or_before.
inline void bound_indices(const Bound& bound, const Lattice& rows, const Lattice& keys,
                          Index (Lattice::*rounded)(Index) const, Index* to) {
  const Index most = keys.count;
  if (bound == Bound::none_below() || bound == Bound::none_above()) {
    std::fill_n(to, rows.count, bound.offset < 0 ? -1 : most);
  } else if (rows.step % keys.step == 0) {
    // From row to row the bound moves on by the same number of keys.
    const Index first = (keys.*rounded)(bound(rows.start)), move = rows.step / keys.step;
    for (Index t = 0; t < rows.count; ++t) to[t] = std::clamp<Index>(first + t * move, -1, most);
  } else {
    for (Index t = 0; t < rows.count; ++t) {
      to[t] = std::clamp<Index>((keys.*rounded)(bound(rows[t])), -1, most);
    }
  }
}

/// The bounds of the rows at `positions`, which lie on the band's row lattice or beside its ends.
/// Rows outside the band attend none, and lanes beyond the rows repeat the last, all without a
/// decrease. False, and nothing is written, where none of the rows is in the band.
template <class T>
bool lane_bounds(const PlannedBand& planned, const Lattice& positions, LaneBounds<T>& bounds) {
  constexpr Index L = Shape<T>::lanes;
  const Band& band = planned.band;
  const Lattice rows = positions.within(band.rows.start, band.rows.end());
  if (rows.empty()) return false;
  const Index begin = positions.index_at_or_after(rows.start), end = begin + rows.count;
  const Index most = band.keys.count - 1;
  const auto fill = [&](const Bound& bound, auto rounded, Index* to) {
    bound_indices(bound, rows, band.keys, rounded, to + begin);
  };
  constexpr auto after = &Lattice::index_at_or_after, before = &Lattice::index_at_or_before;
  fill(band.lower, after, bounds.first);
  fill(band.upper, before, bounds.last);
  for (Index l = begin; l < end; ++l) {
    bounds.first[l] = max(0, bounds.first[l]);
    bounds.last[l] = min(most, bounds.last[l]);
  }
  bounds.has_hole = planned.hole.has_value();
  if (planned.hole) {
    fill(planned.hole->lower, after, bounds.hole_first);
    fill(planned.hole->upper, before, bounds.hole_last);
  }
  for (Index l = 0; l < begin; ++l) {
    bounds.first[l] = bounds.first[begin];
    bounds.last[l] = min(bounds.last[begin], bounds.first[begin] - 1);
  }
  const Index final = max(0, end - 1);  // the last row's lane
  for (Index l = end; l < L; ++l) {
    const bool padding = l >= positions.count && end == positions.count;
    bounds.first[l] =
        padding ? bounds.first[final] : max(bounds.first[final], bounds.last[final] + 1);
    bounds.last[l] = bounds.last[final];
  }
  for (Index l = 0; l < L && planned.hole; ++l) {
    if (l >= begin && l < end) continue;
    const Index nearest = l < begin ? begin : final;
    bounds.hole_first[l] = bounds.hole_first[nearest];
    bounds.hole_last[l] = bounds.hole_last[nearest];
  }
  return true;
}

/// The common length of the lanes' runs where a wrapped part can take them (see KeyPart), else 0.
template <class T>
Index wrap_of(const LaneBounds<T>& bounds, Index rows) {
  constexpr Index L = Shape<T>::lanes;
  const Index length = bounds.last[0] - bounds.first[0] + 1;
  if (rows < L || length < L || bounds.has_hole) return 0;
  for (Index l = 1; l < L; ++l) {
    if (bounds.first[l] != bounds.first[0] + l || bounds.last[l] != bounds.last[0] + l) return 0;
  }
  return length;
}

/// A planned band's filter, for the lanes of a tile and slots from the key `first` on.
class BandFilter final : public PairFilter {
 public:
  BandFilter(const PlannedBand& planned, const Lattice& positions, Index first)
      : planned_(planned), positions_(positions), first_(first) {}
  bool keep(Index lane, Index slot) const override {
    return planned_.keep(positions_[lane], planned_.band.keys[first_ + slot]);
  }

 private:
  const PlannedBand& planned_;
  const Lattice& positions_;
  Index first_;
};

}  // namespace tartan::detail::inline TARTAN_ISA
