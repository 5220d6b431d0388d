// A | B: the pairs of either pattern, each counted once. Layer: algebra.
#pragma once

#include "../lattice/cut.hpp"
#include "../patterns/pattern.hpp"

namespace tartan {
namespace detail {

/// The step of the pattern's finest band: rows' step and keys' step added; 2 is a plain window.
/// Tells which operand of a union to cut out of the other: any order is right, the finer first
/// leaves bands.
template <Pattern P>
constexpr Index finest_step(const P& pattern, const Extent& extent) {
  Index finest = Bound::far;
  for_each_band(pattern, extent, [&](const Band& band, const auto&) {
    finest = min(finest, band.rows.step + band.keys.step);
  });
  return finest;
}

/// Visits `whole` without the pairs of `cut`. Where a band of `cut` lies on a finer lattice,
/// cutting it out leaves bands; where lattices cross irregularly, `whole` is visited with a filter.
template <class Keep, Pattern Cut, class Visit>
constexpr void visit_outside(const Band& whole, const Keep& keep, const Cut& cut, Visit& visit) {
  Pieces pieces;
  pieces.add(whole);
  bool regular = true;
  const Extent extent{whole.rows.start, whole.rows.end(), whole.keys.end()};
  for_each_band(cut, extent, [&]<class KeepCut>(const Band& b, const KeepCut&) {
    if (!regular || intersect(whole, b).empty()) return;
    Pieces left;
    for (int p = 0; p < pieces.count && regular; ++p) {
      const Band& piece = pieces.band[static_cast<std::size_t>(p)];
      regular = std::same_as<KeepCut, KeepAll> && refines(b.rows, piece.rows) &&
                refines(b.keys, piece.keys) && left.room_for_a_cut();
      if (regular) subtract(piece, b, left);
    }
    if (regular) pieces = left;
  });
  if (!regular) {
    visit(whole, keep_both(keep, KeepOutside<Cut>{cut}));
    return;
  }
  for (int p = 0; p < pieces.count; ++p) visit(pieces.band[static_cast<std::size_t>(p)], keep);
}

}  // namespace detail

/// The pairs that are in A or in B. Its bands are those of the operand on the finer lattice, then
/// those of the other with the first cut out.
template <Pattern A, Pattern B>
class Union {
 public:
  constexpr Union() = default;
  constexpr Union(const A& a, const B& b) : a_(a), b_(b) {}

  constexpr const A& first() const { return a_; }
  constexpr const B& second() const { return b_; }

  constexpr bool contains(Index i, Index j) const { return a_.contains(i, j) || b_.contains(i, j); }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    const Index step = detail::finest_step(a_, extent);
    if (step == 2 || step <= detail::finest_step(b_, extent)) {
      all_then_rest(a_, b_, extent, visit);
    } else {
      all_then_rest(b_, a_, extent, visit);
    }
  }

 private:
  template <class All, class Rest, class Visit>
  static constexpr void all_then_rest(const All& all, const Rest& rest, const Extent& extent,
                                      Visit& visit) {
    for_each_band(all, extent, visit);
    for_each_band(rest, extent, [&](const Band& band, const auto& keep) {
      detail::visit_outside(band, keep, all, visit);
    });
  }

  [[no_unique_address]] A a_;
  [[no_unique_address]] B b_;
};

/// The pairs of either pattern; no pair is computed twice.
template <Pattern A, Pattern B>
constexpr Union<A, B> operator|(const A& a, const B& b) {
  return {a, b};
}

/// Says what is wrong where one operand is no pattern.
template <class A, class B>
requires(Pattern<A> != Pattern<B>) constexpr auto operator|(const A& a, const B&) {
  static_assert(Pattern<A> && Pattern<B>,
                "tartan: operator|: both operands must model tartan::Pattern (see "
                "examples/your_own_pattern.cpp)");
  return a;
}

}  // namespace tartan
