// A - B and ~A: the pairs of one pattern that are not in another. Layer: algebra.
#pragma once

#include "../lattice/cut.hpp"
#include "../patterns/dense.hpp"

namespace tartan {
namespace detail {

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

/// The pairs that are in A and not in B.
template <Pattern A, Pattern B>
class Difference {
 public:
  constexpr Difference() = default;
  constexpr Difference(const A& a, const B& b) : a_(a), b_(b) {}

  constexpr const A& first() const { return a_; }
  constexpr const B& second() const { return b_; }

  constexpr bool contains(Index i, Index j) const {
    return a_.contains(i, j) && !b_.contains(i, j);
  }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    for_each_band(a_, extent, [&](const Band& band, const auto& keep) {
      detail::visit_outside(band, keep, b_, visit);
    });
  }

 private:
  [[no_unique_address]] A a_;
  [[no_unique_address]] B b_;
};

/// All pairs that are not in A.
template <Pattern A>
using Complement = Difference<Dense, A>;

/// The pairs of the first pattern that are not in the second.
template <Pattern A, Pattern B>
constexpr Difference<A, B> operator-(const A& a, const B& b) {
  return {a, b};
}

/// All pairs that are not in the pattern.
template <Pattern A>
constexpr Complement<A> operator~(const A& a) {
  return {Dense{}, a};
}

/// Says what is wrong where one operand is no pattern.
template <class A, class B>
requires(Pattern<A> != Pattern<B>) constexpr auto operator-(const A& a, const B&) {
  static_assert(Pattern<A> && Pattern<B>,
                "tartan: operator-: both operands must model tartan::Pattern (see "
                "examples/your_own_pattern.cpp)");
  return a;
}

}  // namespace tartan
