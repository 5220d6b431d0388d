// From a band to the lanes of a tile: which keys each lane attends, as indices into the band's
// keys. Layer: attention.
#pragma once

#include <limits>

#include "../kernel/tile.hpp"
#include "pass.hpp"

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

/// The bounds of the rows at `positions`, which lie on the band's row lattice or beside its ends,
/// for `lanes` lanes from `lane` on. Rows outside the band attend none, and lanes beyond the rows
/// repeat the last, all without a decrease. False, and nothing is written, where none of the rows
/// is in the band.
template <class T>
bool lane_bounds(const PlannedBand& planned, const Lattice& positions, Index lane, Index lanes,
                 LaneBounds<T>& bounds) {
  const Band& band = planned.band;
  const Lattice rows = positions.within(band.rows.start, band.rows.end());
  if (rows.empty()) return false;
  const Index begin = positions.index_at_or_after(rows.start), end = begin + rows.count;
  const Index most = band.keys.count - 1;
  const auto fill = [&](const Bound& bound, auto rounded, Index* to) {
    bound_indices(bound, rows, band.keys, rounded, to + begin);
    for (Index l = begin; l < end && planned.moving; ++l) {
      const Index row = positions[l], mover = planned.mover(row);
      if (mover != row) bound_indices(bound, {mover, rows.step, 1}, band.keys, rounded, to + l);
    }
  };
  constexpr auto after = &Lattice::index_at_or_after, before = &Lattice::index_at_or_before;
  Index* first = bounds.first + lane;
  Index* last = bounds.last + lane;
  fill(band.lower, after, first);
  fill(band.upper, before, last);
  for (Index l = begin; l < end; ++l) {
    first[l] = max(0, first[l]);
    last[l] = min(most, last[l]);
  }
  Index* hole_first = bounds.hole_first + lane;
  Index* hole_last = bounds.hole_last + lane;
  bounds.has_hole = planned.hole.has_value();
  if (planned.hole) {
    fill(planned.hole->lower, after, hole_first);
    fill(planned.hole->upper, before, hole_last);
  }
  for (Index l = 0; l < begin; ++l) {
    first[l] = first[begin];
    last[l] = min(last[begin], first[begin] - 1);
  }
  const Index final = max(0, end - 1);  // the last row's lane
  for (Index l = end; l < lanes; ++l) {
    const bool padding = l >= positions.count && end == positions.count;
    first[l] = padding ? first[final] : max(first[final], last[final] + 1);
    last[l] = last[final];
  }
  for (Index l = 0; l < lanes && planned.hole; ++l) {
    if (l >= begin && l < end) continue;
    const Index nearest = l < begin ? begin : final;
    hole_first[l] = hole_first[nearest];
    hole_last[l] = hole_last[nearest];
  }
  return true;
}

/// The bounds of a tile's rows. Where they are not one lattice, they do not decrease within each
/// vector of lanes.
template <class T>
bool lane_bounds(const PlannedBand& planned, const TileRows<T>& rows, LaneBounds<T>& bounds) {
  constexpr Index L = Shape<T>::lanes, W = Shape<T>::width;
  const Lattice& low = rows.half[0];
  if (rows.one_lattice()) {
    return lane_bounds<T>(planned, {low.start, low.step, rows.count()}, 0, L, bounds);
  }
  bool any = false;
  for (Index m = 0; m < 2; ++m) {
    if (lane_bounds<T>(planned, rows.half[m], m * W, W, bounds)) {
      any = true;
    } else {
      std::fill_n(bounds.first + m * W, W, 0);
      std::fill_n(bounds.last + m * W, W, -1);
      std::fill_n(bounds.hole_first + m * W, W, 0);
      std::fill_n(bounds.hole_last + m * W, W, -1);
    }
  }
  return any;
}

/// Keys of a band, as indices.
struct KeyRange {
  Index begin = std::numeric_limits<Index>::max(), end = 0;
  bool empty() const { return begin >= end; }
  Index count() const { return end - begin; }
  void include(Index from, Index to) {
    if (from < to) *this = {min(begin, from), max(end, to)};
  }
  KeyRange within(Index from, Index to) const { return {max(begin, from), min(end, to)}; }
};

/// The keys that any of a tile's lanes attends, from the first to the last.
template <class T>
KeyRange key_range(const LaneBounds<T>& bounds) {
  constexpr Index W = Shape<T>::width;
  KeyRange range;
  for (const Index lane : {Index{0}, W}) {
    range.include(bounds.first[lane], bounds.last[lane + W - 1] + 1);
  }
  return range;
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

/// The lanes of a tile's vectors that have rows in a band with as many keys a row, one further from
/// row to row (see PlannedBand::shear).
template <class T>
void sheared_lanes(const PlannedBand& planned, const TileRows<T>& rows, ShearedLanes (&lanes)[2]) {
  constexpr Index W = Shape<T>::width;
  const Band& band = planned.band;
  for (std::size_t m = 0; m < 2; ++m) {
    const Lattice& half = rows.half[m];
    const Lattice in = half.within(band.rows.start, band.rows.end());
    lanes[m] = {};
    if (in.empty()) continue;
    const Index begin = (in.start - half.start) / half.step, end = begin + in.count;
    // Lanes beyond the tile's last row are as if they had one.
    lanes[m] = {band.keys.index_at_or_after(band.lower(half.start)), band.keys.count, begin,
                end == half.count ? W : end};
    if (!planned.moving) continue;
    const Index low = (planned.moving->start - half.start) / half.step;
    const Index high = low + planned.moving->count - 1;
    if (low >= W || high < 0) lanes[m].first += low >= W ? low : high;  // all lanes stay
    lanes[m].low = low >= W || high < 0 ? 0 : max(0, low);
    lanes[m].high = low >= W || high < 0 ? 0 : min(W - 1, high);
  }
}

/// A planned band's filter, for the lanes of a tile and slots from the key `first` on.
template <class T>
class BandFilter final : public PairFilter {
 public:
  BandFilter(const PlannedBand& planned, const TileRows<T>& rows, Index first)
      : planned_(planned), rows_(rows), first_(first) {}
  bool keep(Index lane, Index slot) const override {
    return planned_.keep(rows_[lane], planned_.band.keys[first_ + slot]);
  }

 private:
  const PlannedBand& planned_;
  const TileRows<T>& rows_;
  Index first_;
};

}  // namespace tartan::detail::inline TARTAN_ISA
