// Cutting one band out of another where that leaves bands. Layer: lattice.
#pragma once

#include <array>

#include "band.hpp"

namespace tartan::detail {

/// A few bands, in place: what is left of one band when others have been cut out of it.
struct Pieces {
  static constexpr int capacity = 12;
  std::array<Band, capacity> band{};
  int count = 0;

  constexpr void add(const Band& piece) {
    if (!piece.empty()) band[static_cast<std::size_t>(count++)] = piece;
  }
  constexpr bool room_for_a_cut() const { return count + 6 <= capacity; }
};

/// Adds to `left` the pairs of `whole` that are not in `cut`: at most six bands, no pair twice.
/// Precondition: the lattices of `whole` lie on those of `cut`.
constexpr void subtract(const Band& whole, const Band& cut, Pieces& left) {
  const Lattice& rows = whole.rows;
  const Lattice& keys = whole.keys;
  const Lattice mid_rows = rows.within(cut.rows.start, cut.rows.end());
  const Lattice mid_keys = keys.within(cut.keys.start, cut.keys.end());
  if (mid_rows.empty() || mid_keys.empty() || cut.lower.offset > cut.upper.offset) {
    left.add(whole);
    return;
  }
  const auto part = [&](const Lattice& r, const Lattice& k, Bound lower, Bound upper) {
    left.add(
        {r, k, {max(lower.offset, whole.lower.offset)}, {min(upper.offset, whole.upper.offset)}});
  };
  const Bound below = Bound::none_below(), above = Bound::none_above();
  part(rows.within(rows.start, cut.rows.start), keys, below, above);
  part(rows.within(cut.rows.end(), rows.end()), keys, below, above);
  part(mid_rows, keys.within(keys.start, cut.keys.start), below, above);
  part(mid_rows, keys.within(cut.keys.end(), keys.end()), below, above);
  if (cut.lower.offset > below.offset) part(mid_rows, mid_keys, below, {cut.lower.offset - 1});
  if (cut.upper.offset < above.offset) part(mid_rows, mid_keys, {cut.upper.offset + 1}, above);
}

}  // namespace tartan::detail
