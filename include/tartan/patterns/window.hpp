// Window: so many keys to the left and so many to the right. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// i - L <= j <= i + R: L + R + 1 keys, self counted; at the ends of the sequence fewer.
/// Window<W - 1, 0> is the sliding window of W keys of Mistral 7B (arXiv 2310.06825).
/// `Window<2, 1>`:
///
///     ■ ■ □ □ □
///     ■ ■ ■ □ □
///     ■ ■ ■ ■ □
///     □ ■ ■ ■ ■
///     □ □ ■ ■ ■
template <Index L = Dynamic, Index R = L>
class Window {
  static_assert(L >= 0 || L == Dynamic,
                "tartan: Window<L, R>: L must be >= 0 (the number of keys left of self)");
  static_assert(R >= 0 || R == Dynamic,
                "tartan: Window<L, R>: R must be >= 0 (the number of keys right of self)");

 public:
  static constexpr Index static_left = L;
  static constexpr Index static_right = R;

  constexpr Window() requires(L != Dynamic && R != Dynamic) = default;
  /// Throws std::invalid_argument where a side is negative, or is not the static one.
  constexpr Window(Index left, Index right)
      : left_(left, 0, "Window: left"), right_(right, 0, "Window: right") {}

  constexpr Index left() const { return left_.value(); }
  constexpr Index right() const { return right_.value(); }

  constexpr bool contains(Index i, Index j) const { return i - j <= left() && j - i <= right(); }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys(), Bound::at(-left()), Bound::at(right())});
  }

 private:
  [[no_unique_address]] detail::Parameter<L, 0> left_;
  [[no_unique_address]] detail::Parameter<R, 1> right_;
};

Window(Index, Index)->Window<Dynamic, Dynamic>;

}  // namespace tartan
