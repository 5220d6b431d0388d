// From a band to the lanes of a tile: which keys each lane attends, as indices into the band's
// keys. Layer: attention.
#pragma once

#include "../kernel/tile.hpp"
#include "plan.hpp"

namespace tartan::detail::inline TARTAN_ISA {

/// The bounds of the rows at `positions`, which lie on the band's row lattice or beside its ends.
/// Rows outside the band attend none, and lanes beyond the rows repeat the last, all without a
/// decrease. Precondition: at least one of the rows is in the band.
template <class T>
void lane_bounds(const Band& band, const Lattice& positions, LaneBounds<T>& bounds) {
  constexpr Index L = Shape<T>::lanes;
  const Lattice inside = positions.within(band.rows.start, band.rows.end());
  const Index begin = positions.index_at_or_after(inside.start);
  const Index end = begin + inside.count;
  if (positions.step % band.keys.step == 0) {
    // From row to row both bounds move on by the same number of keys.
    const Index move = positions.step / band.keys.step;
    const Index most = band.keys.count - 1;
    const bool low_open = band.lower.offset == -Bound::far,
               high_open = band.upper.offset == Bound::far;
    const Index low = low_open ? 0 : band.keys.index_at_or_after(band.lower(inside.start));
    const Index high = high_open ? most : band.keys.index_at_or_before(band.upper(inside.start));
    for (Index t = 0; t < inside.count; ++t) {
      bounds.first[begin + t] = low_open ? 0 : max(0, low + t * move);
      bounds.last[begin + t] = high_open ? most : min(most, high + t * move);
    }
  } else {
    for (Index t = 0; t < inside.count; ++t) {
      const KeyRun run = band.keys_of(inside[t]);
      bounds.first[begin + t] = run.first;
      bounds.last[begin + t] = run.last;
    }
  }
  for (Index l = 0; l < begin; ++l) {
    bounds.first[l] = bounds.first[begin];
    bounds.last[l] = min(bounds.last[begin], bounds.first[begin] - 1);
  }
  for (Index l = end; l < positions.count; ++l) {
    bounds.first[l] = max(bounds.first[end - 1], bounds.last[end - 1] + 1);
    bounds.last[l] = bounds.last[end - 1];
  }
  for (Index l = positions.count; l < L; ++l) {
    bounds.first[l] = bounds.first[positions.count - 1];
    bounds.last[l] = bounds.last[positions.count - 1];
  }
}

/// A planned band's filter, for the lanes of a tile.
class BandFilter final : public PairFilter {
 public:
  BandFilter(const PlannedBand& planned, const Lattice& positions)
      : planned_(planned), positions_(positions) {}
  bool keep(Index lane, Index key) const override {
    return planned_.keep(positions_[lane], planned_.band.keys[key]);
  }

 private:
  const PlannedBand& planned_;
  const Lattice& positions_;
};

}  // namespace tartan::detail::inline TARTAN_ISA
