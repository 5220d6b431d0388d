// PrefixLM: a prefix that all queries see, and the past. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// j <= i or j < P: the prefix language model of T5 (arXiv 1910.10683). `PrefixLM<3>`:
///
///     ■ ■ ■ □ □
///     ■ ■ ■ □ □
///     ■ ■ ■ □ □
///     ■ ■ ■ ■ □
///     ■ ■ ■ ■ ■
template <Index P = Dynamic>
class PrefixLM {
  static_assert(P >= 0 || P == Dynamic,
                "tartan: PrefixLM<P>: P must be >= 0 (the number of keys in the prefix)");

 public:
  static constexpr Index static_prefix = P;

  constexpr PrefixLM() requires(P != Dynamic) = default;
  /// Throws std::invalid_argument where `prefix` is negative, or is not the static one.
  constexpr explicit PrefixLM(Index prefix) : prefix_(prefix, 0, "PrefixLM: prefix") {}

  constexpr Index prefix() const { return prefix_.value(); }

  constexpr bool contains(Index i, Index j) const { return j <= i || j < prefix(); }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    const Index cut = detail::min(prefix(), extent.key_end);
    visit(Band{extent.rows(), Lattice::range(0, cut)});
    visit(Band{extent.rows(), Lattice::range(cut, extent.key_end), Bound::none_below(), Bound{0}});
  }

 private:
  [[no_unique_address]] detail::Parameter<P> prefix_;
};

PrefixLM(Index)->PrefixLM<Dynamic>;

}  // namespace tartan
