// A | B: the pairs of either pattern, each counted once. Layer: algebra.
#pragma once

#include <compare>

#include "difference.hpp"

namespace tartan {
namespace detail {

/// What tells which operand of a union to cut out of the other: any order is right; the finer
/// first, and of two as fine the one of fewer bands, leaves bands.
struct Grain {
  Index step = Bound::far;  ///< of the finest band: its rows' and its keys' step; 2: a plain window
  Index bands = 0;

  constexpr auto operator<=>(const Grain&) const = default;
};

template <Pattern P>
constexpr Grain grain_of(const P& pattern, const Extent& extent) {
  Grain grain;
  for_each_band(pattern, extent, [&](const Band& band, const auto&) {
    grain.step = min(grain.step, band.rows.step + band.keys.step);
    ++grain.bands;
  });
  return grain;
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
    const detail::Grain a = detail::grain_of(a_, extent);
    if (a == detail::Grain{2, 1} || a <= detail::grain_of(b_, extent)) {
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
    detail::Cutter cutter;
    for_each_band(rest, extent, [&](const Band& band, const auto& keep) {
      detail::visit_outside(band, keep, all, cutter, visit);
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
