// A - B and ~A: the pairs of one pattern that are not in another. Layer: algebra.
#pragma once

#include "../lattice/cut.hpp"
#include "../patterns/dense.hpp"

namespace tartan {
namespace detail {

/// Visits `whole` without the pairs of `cut`: as bands, split where lattices cross; with a filter
/// where they cross too irregularly, or `cut` has a filter itself.
template <class Keep, Pattern Cut, class Visit>
constexpr void visit_outside(const Band& whole, const Keep& keep, const Cut& cut, Cutter& cutter,
                             Visit& visit) {
  cutter.clear();
  bool as_bands = true;
  const Extent extent{whole.rows.start, whole.rows.end(), whole.keys.end()};
  for_each_band(cut, extent, [&]<class KeepCut>(const Band& b, const KeepCut&) {
    if (!as_bands) return;
    as_bands = std::same_as<KeepCut, KeepAll> ? cutter.add(whole, b) : intersect(whole, b).empty();
  });
  if (as_bands) {
    cutter.cut(whole, [&](const Band& piece) { visit(piece, keep); });
  } else {
    visit(whole, keep_both(keep, KeepOutside<Cut>{cut}));
  }
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
    detail::Cutter cutter;
    for_each_band(a_, extent, [&](const Band& band, const auto& keep) {
      detail::visit_outside(band, keep, b_, cutter, visit);
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
