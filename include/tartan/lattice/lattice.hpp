// A lattice: an arithmetic progression of positions, finite. Layer: lattice.
#pragma once

#include "index.hpp"

namespace tartan {

/// The positions start, start + step, ..., start + (count - 1) * step; step >= 1, count >= 0.
struct Lattice {
  Index start = 0;
  Index step = 1;
  Index count = 0;

  /// All positions of [begin, end).
  static constexpr Lattice range(Index begin, Index end) {
    return {begin, 1, detail::max(0, end - begin)};
  }

  /// The positions of [begin, end) that are congruent to `residue` modulo `step`.
  static constexpr Lattice residue_class(Index residue, Index step, Index begin, Index end) {
    const Index start = begin + detail::floor_mod(residue - begin, step);
    return {start, step, detail::max(0, detail::ceil_div(end - start, step))};
  }

  constexpr bool empty() const { return count <= 0; }
  constexpr Index operator[](Index t) const { return start + t * step; }
  /// One past the last position; `start` where the lattice is empty.
  constexpr Index end() const { return empty() ? start : start + (count - 1) * step + 1; }

  constexpr bool contains(Index position) const {
    return position >= start && position < end() && (position - start) % step == 0;
  }

  /// The smallest t with (*this)[t] >= position, not clipped to the lattice.
  constexpr Index index_at_or_after(Index position) const {
    return detail::ceil_div(position - start, step);
  }
  /// The largest t with (*this)[t] <= position, not clipped to the lattice.
  constexpr Index index_at_or_before(Index position) const {
    return detail::floor_div(position - start, step);
  }

  /// The members that lie in [begin, end).
  constexpr Lattice within(Index begin, Index end) const {
    if (start >= begin && this->end() <= end) return *this;
    if (start >= end || this->end() <= begin) return {start, step, 0};
    const Index first = detail::max(0, index_at_or_after(begin));
    const Index last = detail::min(count - 1, index_at_or_before(end - 1));
    return {start + first * step, step, detail::max(0, last - first + 1)};
  }

  constexpr bool operator==(const Lattice&) const = default;
};

/// True where every position of the infinite extension of `inner` lies on that of `outer`.
constexpr bool refines(const Lattice& outer, const Lattice& inner) {
  return inner.step % outer.step == 0 && (inner.start - outer.start) % outer.step == 0;
}

/// True where the infinite extensions of a and b share a position.
constexpr bool meet(const Lattice& a, const Lattice& b) {
  return (a.start - b.start) % std::gcd(a.step, b.step) == 0;
}

/// The positions of both: again a lattice, by the Chinese remainder theorem.
/// Cost: a walk of at most min(a.step, b.step) / gcd positions of the coarser, and no further than
/// both reach.
constexpr Lattice intersect(const Lattice& a, const Lattice& b) {
  const Index begin = detail::max(a.start, b.start);
  const Index end = detail::min(a.end(), b.end());
  const Lattice& coarse = a.step < b.step ? b : a;
  const Lattice& fine = a.step < b.step ? a : b;
  if (a.empty() || b.empty() || begin >= end) return {begin, 1, 0};
  if (fine.step == 1) return coarse.within(begin, end);
  if (!meet(a, b)) return {begin, 1, 0};
  const Lattice within = coarse.within(begin, end);
  for (Index t = 0; t < within.count; ++t) {
    if ((within[t] - fine.start) % fine.step != 0) continue;
    const Index every = fine.step / std::gcd(a.step, b.step);  // of the coarser's positions
    return {within[t], coarse.step * detail::min(every, within.count),
            detail::ceil_div(within.count - t, every)};
  }
  return {begin, 1, 0};
}

}  // namespace tartan
