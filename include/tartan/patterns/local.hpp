// Local: a window centred on the query. Layer: patterns.
#pragma once

#include "parameter.hpp"
#include "pattern.hpp"

namespace tartan {

/// |i - j| <= floor(W / 2), self counted: W keys where W is odd, W + 1 where it is even.
/// `Local<3>`:
///
///     ■ ■ □ □ □
///     ■ ■ ■ □ □
///     □ ■ ■ ■ □
///     □ □ ■ ■ ■
///     □ □ □ ■ ■
template <Index W = Dynamic>
class Local {
  static_assert(W >= 0 || W == Dynamic,
                "tartan: Local<W>: W must be >= 0 (W counts both sides: Local<5> is two keys left, "
                "self, two keys right)");

 public:
  static constexpr Index static_window = W;

  constexpr Local() requires(W != Dynamic) = default;
  /// Throws std::invalid_argument where `window` is negative, or is not the static one.
  constexpr explicit Local(Index window) : window_(window, 0, "Local: window") {}

  constexpr Index window() const { return window_.value(); }
  /// Keys seen on each side of self.
  constexpr Index reach() const { return window() / 2; }

  constexpr bool contains(Index i, Index j) const { return i - j <= reach() && j - i <= reach(); }

  template <class Visit>
  constexpr void bands(const Extent& extent, Visit&& visit) const {
    visit(Band{extent.rows(), extent.keys(), Bound::at(-reach()), Bound::at(reach())});
  }

 private:
  [[no_unique_address]] detail::Parameter<W> window_;
};

Local(Index)->Local<Dynamic>;

}  // namespace tartan
