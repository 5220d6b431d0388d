// A & B: the pairs of both patterns. Layer: algebra.
#pragma once

#include "../patterns/pattern.hpp"

namespace tartan {

/// The pairs that are in A and in B. Bands intersect pairwise: lattices by the Chinese remainder
/// theorem, bounds by taking the tighter one; so `Causal & P` caps every band of P at the diagonal.
/// Where both have so many bands that their pairs far outnumber the rows, as in `Strided<1021> &
/// Strided<1019>`, the bands of A are filtered by B.
template <Pattern A, Pattern B>
class Intersection {
 public:
  constexpr Intersection() = default;
  constexpr Intersection(const A& a, const B& b) : a_(a), b_(b) {}

  constexpr const A& first() const { return a_; }
  constexpr const B& second() const { return b_; }

  constexpr bool contains(Index i, Index j) const { return a_.contains(i, j) && b_.contains(i, j); }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    const Index count_a = detail::band_count(a_, extent);
    const Index count_b = count_a > 1 ? detail::band_count(b_, extent) : 1;
    if (count_b > 1 && count_a > most_pairs(extent) / count_b) {
      for_each_band(a_, extent, [&](const Band& band, const auto& keep) {
        visit(band, detail::keep_both(keep, detail::KeepInside<B>{b_}));
      });
      return;
    }
    for_each_band(a_, extent, [&](const Band& a, const auto& keep_a) {
      const Extent shared{a.rows.start, a.rows.end(), extent.key_end};
      for_each_band(b_, shared, [&](const Band& b, const auto& keep_b) {
        const Band both = intersect(a, b);
        if (!both.empty()) visit(both, detail::keep_both(keep_a, keep_b));
      });
    });
  }

 private:
  static constexpr Index most_pairs(const Extent& extent) {
    return 4 * (extent.row_end - extent.row_begin + extent.key_end);
  }

  [[no_unique_address]] A a_;
  [[no_unique_address]] B b_;
};

/// The pairs of both patterns. Intersection<Causal, P> is P with the future cut off.
template <Pattern A, Pattern B>
constexpr Intersection<A, B> operator&(const A& a, const B& b) {
  return {a, b};
}

/// Says what is wrong where one operand is no pattern.
template <class A, class B>
requires(Pattern<A> != Pattern<B>) constexpr auto operator&(const A& a, const B&) {
  static_assert(Pattern<A> && Pattern<B>,
                "tartan: operator&: both operands must model tartan::Pattern (see "
                "examples/your_own_pattern.cpp)");
  return a;
}

}  // namespace tartan
