// PerHead: a pattern for each head. Layer: schedules.
#pragma once

#include <concepts>

#include "alternate.hpp"

namespace tartan {

/// PerHead{f}: head h has the pattern f(h), the same pattern with a value that depends on the head.
/// PerHead{a, b, ...}: head h has pattern h mod n of a list of n.
///
///     PerHead groups{[](Index head) { return Fixed{128, 8, head % 16}; }};   // distinct columns
///     PerHead mixed{Local<256>{}, Strided<64>{}};
template <class... X>
class PerHead {
  static_assert(sizeof...(X) == 0,
                "tartan: PerHead: either one callable f(head), or patterns and nothing else");
};

template <class F>
requires(!Pattern<F> && std::invocable<const F&, Index>) class PerHead<F> {
 public:
  constexpr explicit PerHead(const F& f) : f_(f) {}

  template <class Visit>
  constexpr decltype(auto) with_pattern(Index which, Visit&& visit) const {
    static_assert(Pattern<std::invoke_result_t<const F&, Index>>,
                  "tartan: PerHead: f(head) must return a pattern");
    return visit(f_(which));
  }

 private:
  [[no_unique_address]] F f_;
};

template <Pattern... P>
class PerHead<P...> : public Alternate<P...> {
 public:
  using Alternate<P...>::Alternate;
};

template <class... X>
PerHead(X...) -> PerHead<X...>;

}  // namespace tartan
