// What a pattern is, and how its bands are walked. Layer: patterns.
//
//   struct MyPattern {
//     constexpr bool contains(tartan::Index i, tartan::Index j) const;        // the definition
//     template <class Visit>                                                    // its fast form,
//     constexpr void bands(const tartan::Extent& extent, Visit&& visit) const;  // may be left out
//   };
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "../lattice/band.hpp"

namespace tartan {

/// A set of pairs (query position i, key position j), the same for every length.
template <class P>
concept Pattern = std::copy_constructible<P> && requires(const P& pattern, Index i, Index j) {
  { pattern.contains(i, j) } -> std::convertible_to<bool>;
};

/// The filter of a band that is exact as it stands.
struct KeepAll {
  constexpr bool operator()(Index, Index) const { return true; }
};

namespace detail {

struct IgnoreBand {
  constexpr void operator()(const Band&) const {}
  template <class Keep>
  constexpr void operator()(const Band&, const Keep&) const {}
};

template <class P>
concept HasBands = Pattern<P> && requires(const P& pattern, const Extent& extent) {
  pattern.bands(extent, IgnoreBand{});
};

/// True where P has a member named bands, whatever it is: it makes that of BandsMember ambiguous.
struct BandsMember {
  int bands;
};
template <class P>
struct WithBandsMember : P, BandsMember {};
template <class P>
concept NamesBands = std::is_class_v<P> && !std::is_final_v<P> && !requires {
  &WithBandsMember<P>::bands;
};

/// Keeps what both filters keep.
template <class A, class B>
struct KeepBoth {
  A a;
  B b;
  constexpr bool operator()(Index i, Index j) const { return a(i, j) && b(i, j); }
};

template <class A, class B>
constexpr auto keep_both(const A& a, const B& b) {
  if constexpr (std::same_as<A, KeepAll>) {
    return b;
  } else if constexpr (std::same_as<B, KeepAll>) {
    return a;
  } else {
    return KeepBoth<A, B>{a, b};
  }
}

/// Keeps what the pattern holds.
template <class P>
struct KeepInside {
  P pattern;
  constexpr bool operator()(Index i, Index j) const { return pattern.contains(i, j); }
};

/// Keeps what the pattern does not hold.
template <class P>
struct KeepOutside {
  P pattern;
  constexpr bool operator()(Index i, Index j) const { return !pattern.contains(i, j); }
};

}  // namespace detail

/// Calls visit(band, keep) for each band of the pattern within the extent. A pair belongs to the
/// pattern iff exactly one visited band contains it and that band's keep(i, j) is true.
/// A pattern without bands of its own is one band of all pairs, filtered by contains().
template <Pattern P, class Visit>
constexpr void for_each_band(const P& pattern, const Extent& extent, Visit&& visit) {
  static_assert(
      detail::HasBands<P> || !detail::NamesBands<P>,
      "tartan: Pattern: bands must be callable as bands(extent, visit) on a const pattern, "
      "for any visit(band) or visit(band, keep) (see examples/your_own_pattern.cpp)");
  if constexpr (detail::HasBands<P>) {
    pattern.bands(extent, [&](const Band& band, const auto&... keep) {
      const Band clipped{band.rows.within(extent.row_begin, extent.row_end),
                         band.keys.within(0, extent.key_end), band.lower, band.upper};
      if (clipped.empty()) return;
      if constexpr (sizeof...(keep) == 0) {
        visit(clipped, KeepAll{});
      } else {
        visit(clipped, keep...);
      }
    });
  } else {
    const Band all{extent.rows(), extent.keys()};
    if (!all.empty()) visit(all, detail::KeepInside<P>{pattern});
  }
}

namespace detail {

/// How many bands the pattern has within the extent.
template <Pattern P>
constexpr Index band_count(const P& pattern, const Extent& extent) {
  Index bands = 0;
  for_each_band(pattern, extent, [&](const Band&, const auto&) { ++bands; });
  return bands;
}

}  // namespace detail
}  // namespace tartan
