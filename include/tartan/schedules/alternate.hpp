// Alternate: patterns in turn. Layer: schedules.
#pragma once

#include <tuple>

#include "schedule.hpp"

namespace tartan {

/// Layer (or head) r has pattern r mod n of a list of n: the Sparse Transformer's interleaved
/// factors (arXiv 1904.10509), GPT-3's dense and banded layers (arXiv 2005.14165), a list of
/// patterns over heads.
///
///     constexpr auto layers = Alternate<Local<256>, Strided<64>>{};   // L1 local, L2 strided, ...
///     with_pattern(layers, layer, [&](const auto& mask) { out = attention(q, k, v, mask); });
template <Pattern... P>
class Alternate {
  static_assert(sizeof...(P) > 0, "tartan: Alternate<P...>: one pattern or more");

 public:
  /// Layers after which the list begins anew.
  static constexpr Index period = static_cast<Index>(sizeof...(P));

  /// The pattern of layer R, as a type.
  template <Index R>
  using PatternOf = std::tuple_element_t<static_cast<std::size_t>(R % period), std::tuple<P...>>;

  constexpr Alternate() requires(std::default_initializable<P>&&...) = default;
  constexpr explicit Alternate(const P&... patterns) : patterns_(patterns...) {}

  /// The pattern of layer R.
  template <Index R>
  constexpr const PatternOf<R>& pattern() const {
    static_assert(R >= 0, "tartan: Alternate: a layer must be >= 0");
    return std::get<static_cast<std::size_t>(R % period)>(patterns_);
  }

  template <class Visit>
  constexpr decltype(auto) with_pattern(Index which, Visit&& visit) const {
    return visit_from<0>(which % period, visit);
  }

 private:
  template <Index R>
  constexpr decltype(auto) visit_from(Index which, auto& visit) const {
    if constexpr (R + 1 < period) {
      if (which != R) return visit_from<R + 1>(which, visit);
    }
    return visit(pattern<R>());
  }

  std::tuple<P...> patterns_;
};

template <Pattern... P>
Alternate(P...) -> Alternate<P...>;

}  // namespace tartan
